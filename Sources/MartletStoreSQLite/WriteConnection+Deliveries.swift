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
            guard database.changesCount == 1 else { return }
            count(-1, .inFlight)
            return count(1, state)
        }
        try statement(.settleAttempt)
            .run(state.rawValue, due?.milliseconds, record.number, outcome, record.delivery.number, before)
        if database.changesCount == 1 {
            count(-1, .inFlight)
            count(1, state)
        } else {
            try statement(.noteLateAttempt).run(record.number, outcome, record.delivery.number, before)
            if database.changesCount == 0 { return }
        }
        try insertAttempt(record)
    }

    /// Marks due deliveries as in flight and says when the next one is due.
    func claimDue(_ endpoint: EndpointID, now: Timestamp, limit: Int, includingRaw: Bool) throws -> ClaimedBatch {
        let name = endpoint.rawValue
        let due = try statement(includingRaw ? .findDueWithRaw : .findDue)
            .all(name, now.milliseconds, max(0, limit)) { row in
                ClaimedDelivery(
                    id: DeliveryID(number: row[0]),
                    eventID: EventID(rawValue: row[2]),
                    endpoint: endpoint,
                    attempts: row[1],
                    envelope: row.bytes(3),
                    raw: includingRaw ? row.optionalBytes(4) : nil
                )
            }
        for delivery in due { try statement(.claim).run(delivery.id.number) }
        count(-due.count, .pending)
        count(due.count, .inFlight)
        let next = try statement(.nextDue).first(name) { row -> Int64? in row[0] } ?? nil
        return ClaimedBatch(deliveries: due, nextDue: next.map(Timestamp.init(milliseconds:)))
    }

    /// Returns deliveries of a former run to pending, due at `now`; how many there were.
    func recoverInFlight(now: Timestamp) throws -> Int {
        try statement(.recoverInFlight).run(now.milliseconds)
        let recovered = database.changesCount
        count(-recovered, .inFlight)
        count(recovered, .pending)
        return recovered
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
