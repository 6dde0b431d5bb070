// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create orders at a provider by way of the gateway, while it runs.",
        subcommands: [Create.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an order at Kryptoswap whose notifications and polls the gateway follows.",
            discussion: """
                The file holds one object with "order" (the provider's members, such as routeId and amount) and, if wanted,
                "merchantOrderId", "expectedAmount" and "expectedCurrency"; docs/kryptoswap.md shows one. The gateway adds
                its own address and a fresh secret, and stores what it needs before it answers. Needs the role operator.
                """
        )

        @Argument(help: "The source, kryptoswap/ID.") var source: String
        @Argument(help: "The file; - or nothing for standard input.") var file: String = "-"
        @Option(help: "Saying the same again with the same text creates no second order, for a day.")
        var idempotencyKey: String?
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard source.hasPrefix("kryptoswap/"), source.utf8.count > "kryptoswap/".utf8.count else {
                throw ValidationError("Orders are created at sources of kryptoswap, such as kryptoswap/main.")
            }
            if let idempotencyKey {
                let isHeader = idempotencyKey.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                guard isHeader, (1...255).contains(idempotencyKey.utf8.count) else {
                    throw ValidationError(
                        "--idempotency-key must be 1 to 255 letters, digits and signs without spaces, such as a UUID."
                    )
                }
            }
        }

        func run() async throws {
            let body = try InputFile.read(file, holding: "order", as: "one JSON object with \"order\"")
            let id = String(source.dropFirst("kryptoswap/".count))
            let answer = try await gateway.ask(
                "POST",
                ["v1", "sources", "kryptoswap", id, "orders"],
                headers: idempotencyKey.map { [("Idempotency-Key", $0)] } ?? [],
                body: body
            )
            guard !gateway.json else { return }
            let order = answer.object["order"]?.object
            let lines: [(String, String?)] = [
                ("order", answer.object["orderId"]?.string), ("uid", answer.object["orderUID"]?.string),
                ("secret", order?["secret"]?.string), ("merchant", answer.object["merchantOrderId"]?.string),
                ("watch", answer.object["id"]?.string),
                ("next poll", answer.object["watch"]?.object?["nextPollAt"]?.string),
            ]
            let page = lines.map { name, value in
                name + String(repeating: " ", count: 12 - name.count) + Table.printable(value ?? "-") + "\n"
            }
            Console.output(page.joined())
        }
    }
}
