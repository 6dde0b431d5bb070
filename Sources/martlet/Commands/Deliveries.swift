// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletAdmin
import MartletCore
import MartletRuntime
import MartletStore
import MartletWire

struct Deliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at deliveries and their attempts; retry or cancel one.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY. Looking needs the role viewer; retrying and cancelling \
            need the role operator.
            """,
        subcommands: [List.self, Show.self, Retry.self, Cancel.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List deliveries, newest first.")

        @Option(help: "Only this state: \(DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")).")
        var state: String?
        @Option(help: "Only this endpoint.") var endpoint: String?
        @Option(help: "Only this event, evt_….") var event: String?
        @OptionGroup var time: MomentOption
        @Option(help: "At most so many rows, 1 to 500.") var limit: Int = 50
        @OptionGroup var place: ReadingOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            if let state, DeliveryState(rawValue: state) == nil {
                let states = DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of \(states).")
            }
        }

        func run() async throws {
            let (since, until) = time.bounds
            let query = DeliveryQuery(
                state: state.flatMap(DeliveryState.init),
                endpoint: endpoint.map(EndpointID.init),
                event: event.map(EventID.init(rawValue:)),
                since: since,
                until: until,
                limit: limit
            )
            let list = try await place.read(
                ["v1", "deliveries"],
                query: ListQuery(
                    limit: limit,
                    [
                        ("state", state), ("endpoint", endpoint), ("event", event), ("since", since?.rfc3339),
                        ("until", until?.rfc3339),
                    ]
                ).text,
                from: { StoredDocuments.deliveries(try await $0.deliveries(query)) },
                whenMissing: "No deliveries."
            )
            if place.json { return }
            Console.output(DeliveryPrinter.table(ValueText.objects(list["data"])))
            if list["nextCursor"]?.string != nil { Console.error("Only the newest \(limit) are shown.\n") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one delivery with every attempt.")

        @Argument(help: "The delivery's id, dlv_….") var id: String
        @OptionGroup var place: ReadingOption

        func validate() throws {
            if DeliveryID(text: id) == nil { throw ValidationError("A delivery's id looks like dlv_42.") }
        }

        func run() async throws {
            guard let number = DeliveryID(text: id) else { return }
            let delivery = try await place.read(
                ["v1", "deliveries", number.description],
                from: { try await Self.document(number, in: $0) },
                whenMissing: "There is no delivery \(id). List them with: martlet deliveries list"
            )
            if !place.json { Console.output(DeliveryPrinter.page(delivery)) }
        }

        /// Why it waits is told as far as the file knows; the configuration and an endpoint's own pauses are not in it.
        private static func document(_ id: DeliveryID, in store: any EventStore) async throws -> [UInt8]? {
            guard let detail = try await store.delivery(id) else { return nil }
            let delivery = detail.delivery
            let waits = WaitingReason(
                state: delivery.state,
                dueAt: delivery.dueAt,
                health: try await store.endpointHealth()[delivery.endpoint] ?? EndpointHealth.Saved(),
                at: SystemClock().now()
            )
            return StoredDocuments.delivery(detail, waits: waits)
        }
    }
}
