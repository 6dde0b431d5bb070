// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletTesting
import MartletWire

/// A provider that can be asked and does nothing else: an order is `paid` once it has been asked about twice.
struct WatchableKind: WatchedProvider {
    static let kind = ProviderKind(name: "asked", makeWatched: { source, _ in WatchableKind(source: source) })
    static let source = #"{ "provider": "asked", "id": "main", "shop": "nordic" }"#

    let source: SourceID

    func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        let object = (try? JSONReader.read(registration))?.object ?? JSONObject()
        guard let id = object["orderId"]?.string else {
            throw RegistrationRefusal([.init(field: "orderId", message: "is missing; give the order's number")])
        }
        return WatchPlan(
            watch: Watch(
                source: source,
                subject: id,
                details: registration,
                nextPollAt: now,
                deadline: now + .seconds(3600),
                createdAt: now
            ),
            order: KnownOrder(objectID: id, ipnSecret: object["ipnSecret"]?.string.map { Secret(text: $0) })
        )
    }

    func poll(_ watch: Watch, order: KnownOrder?, at now: Timestamp, with tools: PollTools) async -> PollAnswer {
        if watch.subject == "held" {
            return PollAnswer(memory: watch.memory, outcome: "fault", next: .hold(reason: "a contradiction"))
        }
        guard watch.polls > 0 else {
            return PollAnswer(memory: watch.memory, outcome: "unchanged", next: .poll(at: now + .seconds(1800)))
        }
        let event = Samples.event(
            1,
            id: .make(source: source, dedupeKey: watch.subject),
            type: .paymentPaid,
            source: source,
            finality: .final,
            order: watch.subject,
            object: watch.subject,
            receivedAt: now,
            method: "polled"
        )
        return PollAnswer(
            news: [.init(event: event, raw: Array("{}".utf8))],
            memory: watch.memory,
            outcome: "paid",
            next: .close
        )
    }
}
