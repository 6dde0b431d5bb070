// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletStore

struct Deliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at deliveries and their attempts; retry or cancel one.",
        subcommands: [List.self, Show.self, Retry.self, Cancel.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List deliveries, newest first.")

        @OptionGroup var store: StoreOption
        @Option(help: "Only this state: \(DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")).")
        var state: String?
        @Option(help: "Only this endpoint.") var endpoint: String?
        @Option(help: "Only this event, evt_….") var event: String?
        @Option(help: "At most so many rows.") var limit: Int = 50

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
            if let state, DeliveryState(rawValue: state) == nil {
                let states = DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of \(states).")
            }
        }

        func run() async throws {
            let query = DeliveryQuery(
                state: state.flatMap(DeliveryState.init),
                endpoint: endpoint.map(EndpointID.init),
                event: event.map(EventID.init(rawValue:)),
                limit: limit
            )
            let deliveries = try await store.withStore { try await $0.deliveries(query) }
            Console.output(store.json ? DeliveryPrinter.json(deliveries) : DeliveryPrinter.table(deliveries))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one delivery with every attempt.")

        @Argument(help: "The delivery's id, dlv_….") var id: String
        @OptionGroup var store: StoreOption

        func validate() throws {
            if DeliveryID(text: id) == nil { throw ValidationError("A delivery's id looks like dlv_42.") }
        }

        func run() async throws {
            guard let number = DeliveryID(text: id),
                let detail = try await store.withStore({ try await $0.delivery(number) })
            else {
                Console.error("There is no delivery \(id). List them with: martlet deliveries list\n")
                throw ExitCode(1)
            }
            Console.output(store.json ? DeliveryPrinter.json(detail) : DeliveryPrinter.page(detail))
        }
    }
}
