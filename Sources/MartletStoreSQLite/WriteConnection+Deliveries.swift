// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// An attempt and what becomes of its delivery.
    ///
    /// The delivery's count of attempts decides whether the record is news: recording it again finds nothing to do.
    /// A delivery that was cancelled meanwhile keeps its state and gains the attempt.
    func record(_ record: AttemptRecord) throws {
        let (state, due) = Self.settled(record.next)
        let outcome = record.result.outcome.label
        let before = record.number - 1
        if case .postponed = record.next {
            // The next attempt has the same number, so nothing of this one is kept but its outcome.
            try statement(.settleAttempt)
                .run(state.rawValue, due?.milliseconds, before, outcome, record.delivery.number, before)
            return unclaim(record.delivery.number, record.endpoint)
        }
        try statement(.settleAttempt)
            .run(state.rawValue, due?.milliseconds, record.number, outcome, record.delivery.number, before)
        if database.changesCount == 1 {
            count(-1, .pending)
            count(1, state)
            if let lane = record.lane, state != .pending {
                try promote(lane, of: record.endpoint, at: record.decidedAt)
            }
            unclaim(record.delivery.number, record.endpoint)
        } else {
            try statement(.noteLateAttempt).run(record.number, outcome, record.delivery.number, before)
            if database.changesCount == 0 { return }
            unclaim(record.delivery.number, record.endpoint)
        }
        try insertAttempt(record)
    }

    /// Gives the next delivery of a lane its due time, now that the one before it is finished.
    func promote(_ lane: String, of endpoint: EndpointID, at moment: Timestamp) throws {
        try statement(.promoteInLane).run(moment.milliseconds, endpoint.rawValue, lane)
    }

    /// Takes due deliveries in hand and says when the next one is due.
    func claimDue(_ endpoint: EndpointID, now: Timestamp, limit: Int, includingRaw: Bool) throws -> ClaimedBatch {
        let held = held(of: endpoint)
        var found: [Int64] = []
        var nextDue: Timestamp?
        let rows = try statement(.due)
            .all(endpoint.rawValue, max(0, limit) + held.count + 1) { row -> (Int64, Timestamp) in
                (row[0], Timestamp(milliseconds: row[1]))
            }
        for (id, due) in rows where !held.contains(id) {
            if due > now || found.count >= limit {
                nextDue = due
                break
            }
            found.append(id)
        }
        var deliveries: [ClaimedDelivery] = []
        deliveries.reserveCapacity(found.count)
        for id in found {
            guard let delivery = try readDue(id, endpoint, includingRaw: includingRaw) else { continue }
            claim(id, endpoint)
            deliveries.append(delivery)
        }
        return ClaimedBatch(deliveries: deliveries, nextDue: nextDue)
    }

    private func readDue(_ id: Int64, _ endpoint: EndpointID, includingRaw: Bool) throws -> ClaimedDelivery? {
        var delivery: ClaimedDelivery?
        let event = try statement(.readDue).first(id) { row -> Int64 in
            delivery = ClaimedDelivery(
                id: DeliveryID(number: id),
                eventID: EventID(rawValue: row[1]),
                endpoint: endpoint,
                attempts: row[0],
                envelope: row.bytes(2),
                lane: row[3],
                isOperational: row[5]
            )
            delivery?.scheduleFrom = row[6]
            delivery?.isShaped = row[7]
            delivery?.trace = (row[8] as String?).flatMap { TraceContext(stored: $0) }
            return row[4]
        }
        if includingRaw, let event {
            delivery?.raw = try statement(.readRaw).first(event) { row in row.optionalBytes(0) } ?? nil
        }
        return delivery
    }

    /// Puts deliveries back that were taken in hand and not sent.
    func release(_ ids: [DeliveryID], of endpoint: EndpointID) {
        for id in ids { unclaim(id.number, endpoint) }
    }

    private static func settled(_ next: AttemptRecord.Next) -> (DeliveryState, Timestamp?) {
        switch next {
        case .delivered: (.delivered, nil)
        case .retry(let due), .postponed(let due): (.pending, due)
        case .dead: (.dead, nil)
        }
    }

    private func insertAttempt(_ record: AttemptRecord) throws {
        var status: Int?
        var failure: String?
        switch record.result.outcome {
        case .answered(let code): status = code
        case .failed(let reason): failure = reason.rawValue
        }
        try statement(.insertAttempt)
            .run(
                record.delivery.number,
                record.number,
                status,
                failure,
                record.result.startedAt.milliseconds,
                record.result.duration.wholeNanoseconds,
                record.result.detail,
                StoredText.encode(record.result.headers),
                Blob(record.result.body)
            )
    }
}

extension Duration {
    /// The duration in whole nanoseconds; an attempt is bounded by its timeout, far from the 292 years that fit.
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return product.overflow ? (seconds < 0 ? .min : .max) : product.partialValue + attoseconds / 1_000_000_000
    }
}
