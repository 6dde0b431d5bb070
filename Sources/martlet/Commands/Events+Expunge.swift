// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

extension Events {
    struct Expunge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove what one event says of people, for good, while the gateway runs.",
            discussion: """
                Raw callback, addresses, transaction, the provider's free text and what subscribers answered are overwritten. \
                Ids, type, status, amounts and times stay, with the reason. The event cannot be delivered again. Each event \
                of a payment is expunged on its own: martlet events list --order NUMBER. Backups that were made before keep \
                what they have. Asks a running gateway with the key in MARTLET_KEY, which needs the role admin.
                """
        )

        @Argument(help: "The event's id, evt_….") var id: String
        @Option(help: "Why, without naming the person; kept with the event.") var reason: String
        @Flag(help: "Cancel deliveries that still wait to be made; otherwise these forbid it.") var cancelPending =
            false
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            json.member("reason", reason)
            if cancelPending {
                json.name("cancelPending")
                json.bool(true)
            }
            json.endObject()
            let answer = try await gateway.ask("DELETE", ["v1", "events", id, "personal-data"], body: json.bytes)
            if !gateway.json { Console.output(Self.text(answer.object)) }
        }

        private static func text(_ answer: JSONObject) -> String {
            let note = answer["expunged"]?.object
            let at = note?["at"]?.string ?? "?"
            let id = answer["id"]?.string ?? "?"
            if answer["outcome"]?.string == "already" {
                let by = note?["by"]?.string ?? "?"
                return Table.printable("\(id) was expunged before, at \(at) by \(by).") + "\n"
            }
            var lines = [Table.printable("\(id) expunged at \(at).")]
            if case .number(let count) = answer["cancelled"], count != "0" {
                lines.append("Deliveries cancelled by it: \(count).")
            }
            if answer["logCleared"] != .bool(true) {
                lines.append(
                    "Its bytes leave the store's log with the next changes, at the latest when the gateway stops."
                )
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }
}
