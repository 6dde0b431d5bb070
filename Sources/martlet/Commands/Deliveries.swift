// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletConfig
import MartletCore
import MartletRuntime
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
            let found = try await store.withStore { store -> (DeliveryDetail, EndpointHealth.Saved?)? in
                guard let number = DeliveryID(text: id), let detail = try await store.delivery(number) else {
                    return nil
                }
                return (detail, try await store.endpointHealth()[detail.delivery.endpoint])
            }
            guard let (detail, health) = found else {
                Console.error("There is no delivery \(id). List them with: martlet deliveries list\n")
                throw ExitCode(1)
            }
            let waits = try waitingReason(detail.delivery, health)
            Console.output(
                store.json ? DeliveryPrinter.json(detail, waits: waits) : DeliveryPrinter.page(detail, waits: waits)
            )
        }

        /// As far as the file tells; a pause that an endpoint asked for is known to the running gateway alone.
        private func waitingReason(_ delivery: StoredDelivery, _ health: EndpointHealth.Saved?) throws -> WaitingReason?
        {
            // Without the configuration the endpoint is taken for one that is in force.
            let endpoints = store.database == nil ? try store.file.load().endpoints : nil
            let endpoint = endpoints?.first { $0.id == delivery.endpoint }
            return WaitingReason(
                state: delivery.state,
                dueAt: delivery.dueAt,
                health: health ?? EndpointHealth.Saved(),
                isConfigured: endpoints == nil || endpoint != nil,
                isEnabled: endpoint?.isEnabled ?? true,
                at: SystemClock().now()
            )
        }
    }
}
