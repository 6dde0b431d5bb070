// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Sweeps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare providers' lists with what has come, while the gateway runs.",
        discussion: """
            Each source is swept once a day; docs/sweep.md. Asks a running gateway with the key in MARTLET_KEY. Looking
            needs the role viewer, a run the role operator.
            """,
        subcommands: [List.self, Run.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the sources that are swept.")

        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "sweeps"])
            if !gateway.json { Console.output(SweepPrinter.table(answer.object)) }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sweep one source now.",
            discussion: "It begins and does not wait for the end; \"martlet sweeps list\" shows how far it has come."
        )

        @Argument(help: "The source, PROVIDER/ID.") var source: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            json.member("source", source)
            json.endObject()
            let answer = try await gateway.ask("POST", ["v1", "sweeps"], body: json.bytes)
            guard !gateway.json else { return }
            let isNew = answer.object["outcome"]?.string == "begun"
            let verb = isNew ? "is being swept" : "was being swept already and goes on now"
            Console.output(Table.printable("\(source) \(verb).") + "\n")
        }
    }
}

struct Resend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a provider send the callback of a payment again, while the gateway runs.",
        discussion: """
            Cryptomus offers it for closed invoices that are paid, overpaid or underpaid, at most ten times each. Needs
            the role operator. What the gateway can ask about itself is better watched: martlet watches add.
            """
    )

    @Argument(help: "The source, PROVIDER/ID.") var source: String
    @Option(help: "The provider's number of the payment.") var uuid: String?
    @Option(help: "Your order number.") var order: String?
    @OptionGroup var gateway: GatewayOption

    func validate() throws {
        guard (uuid == nil) != (order == nil) else { throw ValidationError("Give either --uuid or --order.") }
        guard source.split(separator: "/", omittingEmptySubsequences: true).count == 2 else {
            throw ValidationError("A source is written like cryptomus/main.")
        }
    }

    func run() async throws {
        var json = JSONWriter()
        json.beginObject()
        if let uuid { json.member("uuid", uuid) }
        if let order { json.member("orderId", order) }
        json.endObject()
        let parts = source.split(separator: "/").map { String($0) }
        let answer = try await gateway.ask("POST", ["v1", "sources"] + parts + ["resend"], body: json.bytes)
        guard !gateway.json else { return }
        let meaning = answer.object["meaning"]?.string ?? "accepted"
        Console.output(Table.printable(meaning.prefix(1).uppercased() + meaning.dropFirst() + ".") + "\n")
    }
}
