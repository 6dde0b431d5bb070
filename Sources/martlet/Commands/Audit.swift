// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletWire

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at who did what, while the gateway runs.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY, which must have the role operator for all shops.
            """,
        subcommands: [List.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what was done, newest first.")

        @Option(help: "Only from this moment on, such as 2026-11-21T19:00:00Z.") var since: String?
        @Option(help: "Only before this moment.") var until: String?
        @Option(help: "Only what this key did, by its name; gateway for what nobody asked for.") var actor: String?
        @Option(help: "Only what was done to this, or made it: an id such as evt_…, ledger or key_3.")
        var object: String?
        @Option(help: "At most so many rows.") var limit: Int = 50
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            for (name, moment) in [("since", since), ("until", until)] {
                guard let moment, Timestamp(rfc3339: moment) == nil else { continue }
                throw ValidationError("--\(name) must be a moment such as 2026-11-21T19:00:00Z.")
            }
        }

        func run() async throws {
            var query = "?limit=\(limit)"
            for (name, value) in [("since", since), ("until", until), ("actor", actor), ("object", object)] {
                if let value { query += "&\(name)=\(GatewayOption.escape(value))" }
            }
            let answer = try await gateway.ask("GET", ["v1", "audit"], query: query)
            if gateway.json { return }
            Console.output(AuditPrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil { Console.error("Only the newest \(limit) are shown.\n") }
        }
    }
}
