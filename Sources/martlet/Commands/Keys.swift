// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletWire

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and revoke keys of the admin API, while the gateway runs.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY, which must have the role admin for all shops. Keys of the
            configuration file are changed there.
            """,
        subcommands: [List.self, Create.self, Revoke.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List keys: those of the configuration file, then the newest first."
        )

        @Option(help: "At most so many rows.") var limit: Int = 50
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
        }

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "keys"], query: "?limit=\(limit)")
            if gateway.json { return }
            Console.output(KeyPrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil { Console.error("Only \(limit) are shown.\n") }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print it; it is shown this once.",
            discussion: """
                The key alone goes to standard output, so that it can be kept with: martlet keys create NAME --role viewer
                > KEYFILE. What it may do goes to standard error.
                """
        )

        @Argument(help: "Who uses it, such as nightly-report; unique.") var name: String
        @Option(help: "What it may do: viewer, operator or admin.") var role: String
        @Option(help: "Only these shops, separated by commas; all by default.") var shops: String?
        @Option(help: "How long it lasts, such as 12h or 90d; until it is revoked by default.") var expiresIn: String?
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard ["viewer", "operator", "admin"].contains(role) else {
                throw ValidationError("--role must be one of viewer, operator, admin.")
            }
            if let expiresIn, SettingsReader.duration(from: expiresIn) == nil {
                throw ValidationError("--expires-in must be a duration such as 12h or 90d.")
            }
        }

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            json.member("name", name)
            json.member("role", role)
            if let shops {
                json.name("shops")
                json.beginArray()
                for shop in shops.split(separator: ",") { json.string(String(shop)) }
                json.endArray()
            }
            if let expiresIn { json.member("expiresIn", expiresIn) }
            json.endObject()
            let answer = try await gateway.ask("POST", ["v1", "keys"], body: json.bytes)
            guard !gateway.json else { return }
            Console.error(KeyPrinter.line(answer.object))
            Console.output(Table.printable(answer.object["key"]?.string ?? "-") + "\n")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key; it is worth nothing from then on.")

        @Argument(help: "The key's id, key_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("DELETE", ["v1", "keys", id])
            guard !gateway.json else { return }
            let name = answer.object["name"]?.string ?? "-"
            Console.output(Table.printable("\(id) (\(name)) is revoked.") + "\n")
        }
    }
}
