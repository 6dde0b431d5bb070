// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// One proven event: known already, withheld, or stored with its deliveries.
    func capture(_ capture: Capture) throws -> CaptureOutcome {
        let id = capture.event.id.rawValue
        let isDuplicate = try statement(.findDuplicate).first(id) { _ in true } ?? false
        if isDuplicate { return .duplicate }
        let sequence = try takeSequence()
        let (object, earned) = try admit(capture.event, sequence: sequence)
        try statement(.insertDedupeKey).run(sequence, id, object, capture.event.receivedAt.milliseconds)
        if earned.isEmpty {
            try insert(capture.event, sequence: sequence, envelope: capture.envelope, raw: capture.raw)
        } else {
            var event = capture.event
            event.flags += earned.filter { !event.flags.contains($0) }
            try insert(event, sequence: sequence, envelope: EventEnvelope.render(event), raw: capture.raw)
        }
        let withholding = (capture.event.flags + earned).filter(\.withholdsDelivery)
        if !withholding.isEmpty { return .withheld(withholding) }
        return .stored(
            try insert(capture.deliveries, of: sequence, createdAt: capture.event.receivedAt.milliseconds)
        )
    }

    /// Asks the object's history for flags and writes it back.
    private func admit(_ event: Event, sequence: Int64) throws -> (object: Int64, flags: [EventFlag]) {
        let source = event.source.description
        let known = try statement(.findHistory).first(source, event.objectKey) { row -> (Int64, ObjectHistory) in
            let newest: Int64? = row[2]
            let history = ObjectHistory(
                isFinal: row[1],
                newestOccurredAt: newest.map(Timestamp.init(milliseconds:)),
                lastStatus: row[3],
                polledStatuses: try StoredText.polledStatuses(row[4])
            )
            return (row[0], history)
        }
        var history = known?.1 ?? ObjectHistory()
        let flags = history.admit(event)
        let occurred = history.newestOccurredAt?.milliseconds
        let polled = StoredText.encode(polledStatuses: history.polledStatuses)
        if let object = known?.0 {
            try statement(.updateHistory)
                .run(history.isFinal, occurred, history.lastStatus, polled, sequence, object)
            return (object, flags)
        }
        try statement(.insertHistory)
            .run(source, event.objectKey, history.isFinal, occurred, history.lastStatus, polled, sequence)
        return (database.lastInsertedRowID, flags)
    }

    private func insert(_ event: Event, sequence: Int64, envelope: [UInt8], raw: [UInt8]) throws {
        let received = event.receivedAt.milliseconds
        try statement(.insertEvent)
            .run(
                sequence,
                event.id.rawValue,
                event.type.rawValue,
                event.source.provider,
                event.source.id,
                event.shop,
                event.merchantOrderID,
                event.providerObjectID,
                event.providerStatus,
                StoredText.encode(flags: event.flags),
                received,
                Blob(envelope)
            )
        try statement(.insertRaw).run(sequence, received, Blob(raw))
    }

    /// Inserts deliveries, three to a statement; SQLite numbers the rows of one statement without a gap.
    private func insert(_ deliveries: [NewDelivery], of sequence: Int64, createdAt: Int64) throws -> [DeliveryID] {
        var ids: [DeliveryID] = []
        ids.reserveCapacity(deliveries.count)
        var index = 0
        while index < deliveries.count {
            let first = deliveries[index]
            if deliveries.count - index >= 3 {
                let (second, third) = (deliveries[index + 1], deliveries[index + 2])
                try statement(.insertThreeDeliveries)
                    .run(
                        sequence,
                        createdAt,
                        first.endpoint.rawValue,
                        first.state.rawValue,
                        first.dueAt.milliseconds,
                        second.endpoint.rawValue,
                        second.state.rawValue,
                        second.dueAt.milliseconds,
                        third.endpoint.rawValue,
                        third.state.rawValue,
                        third.dueAt.milliseconds
                    )
                let last = database.lastInsertedRowID
                ids += [last - 2, last - 1, last].map(DeliveryID.init(number:))
                index += 3
            } else {
                try statement(.insertDelivery)
                    .run(sequence, createdAt, first.endpoint.rawValue, first.state.rawValue, first.dueAt.milliseconds)
                ids.append(DeliveryID(number: database.lastInsertedRowID))
                index += 1
            }
        }
        for delivery in deliveries { count(1, delivery.state) }
        return ids
    }
}
