// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletStore
import MartletWire

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at stored events, or remove what one says of people.",
        subcommands: [List.self, Show.self, Expunge.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List events, newest first.")

        @OptionGroup var store: StoreOption
        @Option(help: "Only this shop.") var shop: String?
        @Option(help: "Only this provider.") var provider: String?
        @Option(help: "Only this source, as provider/id or by its id.") var source: String?
        @Option(help: "Only this type, such as payment.paid.") var type: String?
        @Option(help: "Only this merchant's order number.") var order: String?
        @Option(help: "Only this provider's number.") var object: String?
        @Option(help: "At most so many rows.") var limit: Int = 50

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
            if let type, !EventType.all.contains(EventType(rawValue: type)) {
                let types = EventType.all.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--type must be one of \(types).")
            }
        }

        func run() async throws {
            let query = EventQuery(
                shop: shop,
                provider: provider,
                source: source,
                type: type,
                order: order,
                object: object,
                limit: limit
            )
            let events = try await store.withStore { try await $0.events(query) }
            if store.json { return Console.output(EventPrinter.json(events)) }
            Console.output(EventPrinter.table(events))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one event with its deliveries and its raw callback."
        )

        @Argument(help: "The event's id, evt_….") var id: String
        @OptionGroup var store: StoreOption

        func run() async throws {
            let detail = try await store.withStore { try await $0.event(EventID(rawValue: id)) }
            guard let detail else {
                Console.error("There is no event \(Table.printable(id)). List them with: martlet events list\n")
                throw ExitCode(1)
            }
            Console.output(store.json ? EventPrinter.json(detail) : EventPrinter.page(detail))
        }
    }
}
