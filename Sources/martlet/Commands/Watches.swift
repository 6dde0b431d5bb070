// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletWire

struct Watches: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow orders by asking their provider, while the gateway runs.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY. Looking needs the role viewer; everything else needs the
            role operator.
            """,
        subcommands: [List.self, Show.self, Add.self, Poll.self, Resume.self, Close.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List watches, newest first.")

        @Option(help: "Only this source, PROVIDER/ID.") var source: String?
        @Option(help: "Only this state: \(WatchState.allCases.map(\.rawValue).joined(separator: ", ")).")
        var state: String?
        @Option(help: "At most so many rows.") var limit: Int = 50
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            if let state, WatchState(rawValue: state) == nil {
                let states = WatchState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of \(states).")
            }
        }

        func run() async throws {
            var query = "?limit=\(limit)"
            if let source { query += "&source=\(GatewayOption.escape(source))" }
            if let state { query += "&state=\(state)" }
            let answer = try await gateway.ask("GET", ["v1", "watches"], query: query)
            if gateway.json { return }
            Console.output(WatchPrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil { Console.error("Only the newest \(limit) are shown.\n") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one watch with its newest polls.")

        @Argument(help: "The watch's id, wch_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "watches", try Watches.number(id)])
            if !gateway.json { Console.output(WatchPrinter.page(answer.object)) }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register an order from a JSON file, or from standard input.",
            discussion: """
                The file holds one object with "source" (PROVIDER/ID) and the order's members, as docs/watches.md lists
                them. It may hold secrets, so there are no options for them: they would show in the process list.
                """
        )

        @Argument(help: "The file; - or nothing for standard input.") var file: String = "-"
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let body = try InputFile.read(
                file,
                holding: "registration",
                as: "one JSON object with \"source\" and the order"
            )
            let answer = try await gateway.ask("POST", ["v1", "watches"], body: body)
            guard !gateway.json else { return }
            let id = answer.object["id"]?.string ?? "-"
            let isNew = answer.object["outcome"]?.string == "registered"
            let watch = answer.object["watch"]?.object
            let next = watch?["nextPollAt"]?.string ?? "never"
            // Why it is held, where it is.
            let note = watch?["note"]?.string.map { " \($0)." } ?? ""
            let verb = isNew ? "is watched" : "was watched already; its details are up to date"
            Console.output(Table.printable("\(id): \(verb). Next poll: \(next).\(note)") + "\n")
        }
    }

    struct Poll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ask the provider about one watch now.")

        @Argument(help: "The watch's id, wch_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("POST", ["v1", "watches", try Watches.number(id), "poll"])
            if !gateway.json { Console.output(WatchPrinter.line(answer.object, "is due now")) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Poll a watch again that is held, overdue or closed; this also lifts its source's hold."
        )

        @Argument(help: "The watch's id, wch_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("POST", ["v1", "watches", try Watches.number(id), "resume"])
            if !gateway.json { Console.output(WatchPrinter.line(answer.object, "is open and due now")) }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop following an order.",
            discussion: "What is known of the order stays, so that its callbacks still verify."
        )

        @Argument(help: "The watch's id, wch_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("DELETE", ["v1", "watches", try Watches.number(id)])
            if !gateway.json { Console.output(WatchPrinter.line(answer.object, "is closed")) }
        }
    }

    private static func number(_ id: String) throws -> String {
        guard let number = WatchID(text: id) else { throw ValidationError("A watch's id looks like wch_42.") }
        return number.description
    }
}
