// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletWire

/// What an operator does to a delivery of a running gateway.
extension Deliveries {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a delivery due now, whatever its state was but delivered.",
            discussion: "Asks a running gateway with the key in MARTLET_KEY, which needs the role operator."
        )

        @Argument(help: "The delivery's id, dlv_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws { try await Deliveries.act("retry", on: id, gateway) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a pending delivery.",
            discussion: "Asks a running gateway with the key in MARTLET_KEY, which needs the role operator."
        )

        @Argument(help: "The delivery's id, dlv_….") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws { try await Deliveries.act("cancel", on: id, gateway) }
    }

    private static func act(_ action: String, on id: String, _ gateway: GatewayOption) async throws {
        guard let number = DeliveryID(text: id) else { throw ValidationError("A delivery's id looks like dlv_42.") }
        let answer = try await gateway.ask("POST", ["v1", "deliveries", number.description, action])
        guard !gateway.json else { return }
        let meaning = answer.object["meaning"]?.string ?? ""
        let endpoint = answer.object["endpoint"]?.string ?? "-"
        Console.output(Table.printable("\(number) for \(endpoint): \(meaning).") + "\n")
    }
}
