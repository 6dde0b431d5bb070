// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// One proven event: known already, withheld, or stored with its deliveries.
    func capture(_ capture: Capture) throws -> CaptureOutcome {
        guard let key = EventIDKey(capture.event.id) else {
            throw DatabaseError(resultCode: .SQLITE_MISMATCH, message: "\(capture.event.id) is no event's id")
        }
        if try isKnown(capture.event.id, key) {
            try noteArrival(of: capture.event)
            return .duplicate
        }
        let sequence = try takeSequence()
        note(key, sequence)
        let (history, earned) = try admit(capture.event)
        if history.isFinal { try closeWatches(after: capture.event) }
        if earned.isEmpty {
            try insert(capture.event, history, sequence: sequence, envelope: capture.envelope, of: capture)
        } else {
            var event = capture.event
            event.flags += earned.filter { !event.flags.contains($0) }
            try insert(event, history, sequence: sequence, envelope: EventEnvelope.render(event), of: capture)
        }
        let withholding = (capture.event.flags + earned).filter(\.withholdsDelivery)
        if !withholding.isEmpty { return .withheld(withholding) }
        return .stored(
            try insert(capture.deliveries, of: sequence, createdAt: capture.event.receivedAt.milliseconds)
        )
    }

    /// What the payment has come to with this event, and the flags that the event earns by it.
    private func admit(_ event: Event) throws -> (ObjectHistory, [EventFlag]) {
        let key = StoredText.encode(objectKey: event.objectKey)
        var known = try history(.findHistory, of: key, event.source)
        if known == nil, try hasOldEvents() { known = try history(.findOldHistory, of: key, event.source) }
        var history = known ?? ObjectHistory()
        let flags = history.admit(event)
        return (history, flags)
    }

    /// The notification of a status that a poll had told, and told in the very same words.
    ///
    /// The next event with that status is a change of its own, such as a second instalment, and must not be taken for it.
    private func noteArrival(of event: Event) throws {
        let key = StoredText.encode(objectKey: event.objectKey)
        guard var history = try history(.findHistory, of: key, event.source), history.noteArrival(of: event) else {
            return
        }
        try statement(.notePolledStatuses)
            .run(StoredText.encode(polledStatuses: history.polledStatuses), key, event.source.provider, event.source.id)
    }

    private func history(_ name: WriteStatement, of key: String, _ source: SourceID) throws -> ObjectHistory? {
        try statement(name).first(key, source.provider, source.id) { row in
            let newest: Int64? = row[1]
            return ObjectHistory(
                isFinal: row[0],
                newestOccurredAt: newest.map(Timestamp.init(milliseconds:)),
                polledStatuses: try StoredText.polledStatuses(row[2])
            )
        }
    }

    private func insert(
        _ event: Event,
        _ history: ObjectHistory,
        sequence: Int64,
        envelope: [UInt8],
        of capture: Capture
    ) throws {
        try statement(.insertEvent)
            .run(
                sequence,
                event.id.rawValue,
                event.type.rawValue,
                event.source.provider,
                event.source.id,
                event.shop,
                StoredText.encode(objectKey: event.objectKey),
                history.isFinal,
                history.newestOccurredAt?.milliseconds,
                StoredText.encode(polledStatuses: history.polledStatuses),
                event.merchantOrderID,
                event.providerObjectID,
                event.providerStatus,
                StoredText.encode(flags: event.flags),
                event.receivedAt.milliseconds,
                Blob(envelope),
                Blob(capture.raw),
                capture.trace?.stored
            )
        note(event, sequence: sequence)
    }

    /// Inserts deliveries; plain ones three to a statement.
    private func insert(_ deliveries: [NewDelivery], of sequence: Int64, createdAt: Int64) throws -> [DeliveryID] {
        let number = try takeDeliveryNumbers(deliveries.count)
        var index = 0
        while index < deliveries.count {
            let next = deliveries[index...].prefix(3)
            if next.count == 3, next.allSatisfy(\.isPlain) {
                try insertThree(next, from: number + Int64(index), of: sequence, createdAt: createdAt)
                index += 3
            } else {
                try insert(deliveries[index], number + Int64(index), of: sequence, createdAt: createdAt)
                index += 1
            }
        }
        for (index, delivery) in deliveries.enumerated() {
            count(1, delivery.state == .inFlight ? .pending : delivery.state)
            if delivery.state == .inFlight { claim(number + Int64(index), delivery.endpoint) }
        }
        return deliveries.indices.map { DeliveryID(number: number + Int64($0)) }
    }

    private func insertThree(
        _ deliveries: ArraySlice<NewDelivery>,
        from number: Int64,
        of sequence: Int64,
        createdAt: Int64
    ) throws {
        let first = deliveries[deliveries.startIndex]
        let second = deliveries[deliveries.startIndex + 1]
        let third = deliveries[deliveries.startIndex + 2]
        try statement(.insertThreeDeliveries)
            .run(
                sequence,
                createdAt,
                number,
                first.endpoint.rawValue,
                first.state.stored,
                first.dueAt.milliseconds,
                second.endpoint.rawValue,
                second.state.stored,
                second.dueAt.milliseconds,
                third.endpoint.rawValue,
                third.state.stored,
                third.dueAt.milliseconds
            )
    }

    /// One delivery; behind an unfinished one of its lane it has no due time until that one is finished.
    private func insert(_ delivery: NewDelivery, _ number: Int64, of sequence: Int64, createdAt: Int64) throws {
        var due: Int64? = delivery.dueAt.milliseconds
        if let lane = delivery.lane, delivery.state == .pending, try isLaneBusy(lane, of: delivery.endpoint) {
            due = nil
        }
        try statement(.insertDelivery)
            .run(
                number,
                sequence,
                delivery.endpoint.rawValue,
                delivery.state.stored,
                due,
                createdAt,
                delivery.lane,
                delivery.body.map { Blob($0) }
            )
    }

    /// Whether an earlier delivery of the lane is unfinished.
    func isLaneBusy(_ lane: String, of endpoint: EndpointID) throws -> Bool {
        try statement(.hasEarlierInLane).first(endpoint.rawValue, lane) { _ in true } ?? false
    }
}

extension NewDelivery {
    fileprivate var isPlain: Bool { lane == nil && body == nil }
}

extension DeliveryState {
    /// The column's text: what is in flight is pending on disk (`Claims`).
    var stored: String { self == .inFlight ? DeliveryState.pending.rawValue : rawValue }
}
