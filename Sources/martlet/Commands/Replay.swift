// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletStore
import MartletWire

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make deliveries again, many at once, while the gateway runs.",
        discussion: """
            After an outage, first what would be sent, then all of it:

              martlet replay create --endpoint ledger --since 2h --dry-run
              martlet replay create --endpoint ledger --since 2h --reason outage --wait

            What is on its way is not sent again, nor what has arrived unless --state \
            delivered asks for it. Asks a running gateway with the key in MARTLET_KEY. \
            Looking needs the role viewer, the rest the role operator.
            """,
        subcommands: [Create.self, List.self, Show.self, Pause.self, Resume.self, Cancel.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List replays, newest first.")

        @Option(help: "Only this state: \(ReplayState.allCases.map(\.rawValue).joined(separator: ", ")).")
        var state: String?
        @Option(help: "At most so many rows.") var limit: Int = 50
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            if let state, ReplayState(rawValue: state) == nil {
                let states = ReplayState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of \(states).")
            }
        }

        func run() async throws {
            let query = "?limit=\(limit)" + (state.map { "&state=\($0)" } ?? "")
            let answer = try await gateway.ask("GET", ["v1", "replays"], query: query)
            if gateway.json { return }
            Console.output(ReplayPrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil {
                Console.error("Only the newest \(limit) are shown; --limit shows more.\n")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one replay: how far it has come, by endpoint.")

        @Argument(help: "The replay's id, rpl_….") var id: String
        @Flag(help: "Wait for its end, and show how far it has come meanwhile.") var wait = false
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let id = try Replay.number(id)
            if wait { return try await ReplayFollower.follow(id, gateway) }
            let answer = try await gateway.ask("GET", ["v1", "replays", id])
            if !gateway.json { Console.output(ReplayPrinter.page(answer.object)) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pause a replay: nothing more is made.",
            discussion: "What has been made already goes on its way. \"martlet replay resume\" goes on from there."
        )

        @Argument(help: "The replay's id, rpl_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws { try await Replay.steer(id, "pause", gateway) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with a paused replay.")

        @Argument(help: "The replay's id, rpl_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws { try await Replay.steer(id, "resume", gateway) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a replay: nothing more is made, and what still waits of it is taken back.",
            discussion: "What is being sent at this moment goes its way."
        )

        @Argument(help: "The replay's id, rpl_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws { try await Replay.steer(id, "cancel", gateway) }
    }

    private static func steer(_ id: String, _ verb: String, _ gateway: GatewayOption) async throws {
        let answer = try await gateway.ask("POST", ["v1", "replays", try number(id), verb])
        if !gateway.json { Console.output(ReplayPrinter.line(answer.object) + "\n") }
    }

    static func number(_ text: String) throws -> String {
        guard let id = ReplayID(text: text) else { throw ValidationError("A replay's id looks like rpl_42.") }
        return id.description
    }
}
