// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletAdmin
import MartletCore
import MartletStore
import MartletWire

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at stored events; deliver one again, or remove what it says of people.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY, which needs the role viewer; the raw callback is shown to \
            keys with the role operator.
            """,
        subcommands: [List.self, Show.self, Replay.self, Expunge.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List events, newest first.")

        @Option(help: "Only this shop.") var shop: String?
        @Option(help: "Only this provider.") var provider: String?
        @Option(help: "Only this source, as provider/id or by its id.") var source: String?
        @Option(help: "Only this type, such as payment.paid.") var type: String?
        @Option(help: "Only this merchant's order number.") var order: String?
        @Option(help: "Only this provider's number.") var object: String?
        @OptionGroup var time: MomentOption
        @Option(help: "At most so many rows, 1 to 500.") var limit: Int = 50
        @OptionGroup var place: ReadingOption

        func validate() throws {
            guard (1...500).contains(limit) else { throw ValidationError("--limit must be from 1 to 500.") }
            let types = (EventType.all + EventType.operational).map(\.rawValue)
            if let type, !types.contains(type) {
                throw ValidationError("--type must be one of \(types.joined(separator: ", ")).")
            }
        }

        func run() async throws {
            let (since, until) = time.bounds
            let query = EventQuery(
                shop: shop,
                provider: provider,
                source: source,
                type: type,
                order: order,
                object: object,
                since: since,
                until: until,
                limit: limit
            )
            let list = try await place.read(
                ["v1", "events"],
                query: ListQuery(
                    limit: limit,
                    [
                        ("shop", shop), ("provider", provider), ("source", source), ("type", type), ("order", order),
                        ("object", object), ("since", since?.rfc3339), ("until", until?.rfc3339),
                    ]
                ).text,
                from: { StoredDocuments.events(try await $0.events(query)) },
                whenMissing: "No events."
            )
            if place.json { return }
            Console.output(EventPrinter.table(list))
            if list["nextCursor"]?.string != nil { Console.error("Only the newest \(limit) are shown.\n") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one event with its deliveries and its raw callback."
        )

        @Argument(help: "The event's id, evt_….") var id: String
        @OptionGroup var place: ReadingOption

        func run() async throws {
            let event = try await place.read(
                ["v1", "events", id],
                from: { try await $0.event(EventID(rawValue: id)).map(StoredDocuments.event) },
                whenMissing: "There is no event \(id). List them with: martlet events list"
            )
            if !place.json { Console.output(EventPrinter.page(event)) }
        }
    }
}
