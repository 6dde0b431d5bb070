// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletStore
import MartletWire

struct Quarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at callbacks that were refused, release or drop them, while the gateway runs.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY. Looking needs the role viewer; the request as it came,
            releasing and dropping need the role operator.
            """,
        subcommands: [List.self, Show.self, Release.self, Drop.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List refused callbacks, newest first.")

        @OptionGroup var filter: FilterOption
        @Option(help: "Only this reason, such as bad_signature.") var reason: String?
        @Option(help: "At most so many rows.") var limit: Int = 50
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            try FilterOption.check(reason: reason)
        }

        func run() async throws {
            let members = [("limit", String(limit))] + filter.members + (reason.map { [("reason", $0)] } ?? [])
            let query = members.map { "\($0)=\(GatewayOption.escape($1))" }.joined(separator: "&")
            let answer = try await gateway.ask("GET", ["v1", "quarantine"], query: "?\(query)")
            if gateway.json { return }
            Console.output(QuarantinePrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil {
                Console.error("Only the newest \(limit) are shown; --limit shows more.\n")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one refused callback as it came.")

        @Argument(help: "The callback's id, qtn_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "quarantine", try Quarantine.number(id)])
            if !gateway.json { Console.output(QuarantinePrinter.page(answer.object)) }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove one refused callback for good.")

        @Argument(help: "The callback's id, qtn_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("DELETE", ["v1", "quarantine", try Quarantine.number(id)])
            if !gateway.json { Console.output(QuarantinePrinter.outcome(answer.object)) }
        }
    }

    static func number(_ text: String) throws -> String {
        guard let id = QuarantineID(text: text) else {
            throw ValidationError("The id of a callback in quarantine looks like qtn_42.")
        }
        return id.description
    }
}

/// Which refused callbacks.
struct FilterOption: ParsableArguments {
    @Option(help: "Only this source, written PROVIDER/ID.") var source: String?
    @Option(help: "Only what came at this moment or later, as 2026-11-21T19:11:00Z.") var since: String?
    @Option(help: "Only what came before this moment.") var until: String?

    var members: [(String, String)] {
        [("source", source), ("since", since), ("until", until)].compactMap { name, value in value.map { (name, $0) } }
    }

    static func check(reason: String?) throws {
        guard let reason, RefusalReason(rawValue: reason) == nil else { return }
        let reasons = RefusalReason.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--reason must be one of \(reasons).")
    }
}
