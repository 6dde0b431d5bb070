// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletWire

/// Watches as they are polled.
extension WriteConnection {
    /// Takes due watches in hand and says when the next one is due.
    func claimDueWatches(
        of source: SourceID,
        now: Timestamp,
        limit: Int,
        _ sealer: (any SecretSealer)?
    ) throws -> WatchBatch {
        let isHeld =
            try database.cachedStatement(sql: "SELECT 1 FROM source_holds WHERE source = ?")
            .first(source.description) { _ in true } ?? false
        let held = watchClaims.held
        let rows = try database.cachedStatement(sql: Self.dueWatches(ofHeldSource: isHeld))
            .all(source.description, max(0, limit) + held.count + 1) { row -> (id: Int64, due: Timestamp) in
                (row[0], Timestamp(milliseconds: row[1]))
            }
        var batch = WatchBatch()
        for row in rows where !held.contains(row.id) {
            if row.due > now || batch.watches.count >= limit {
                batch.nextDue = row.due
                break
            }
            guard var claimed = try readClaimed(row.id, sealer) else { continue }
            if isHeld { claimed.watch.state = .held }
            watchClaims.take(row.id)
            batch.watches.append(claimed)
        }
        return batch
    }

    /// Of a source on hold nothing but deadlines is due, which have an index of their own.
    static func dueWatches(ofHeldSource isHeld: Bool) -> String {
        let (column, index) = isHeld ? ("deadline", "watches_deadline") : ("due_at", "watches_due")
        return """
            SELECT id, \(column) FROM watches INDEXED BY \(index) WHERE state IN ('open', 'held') AND source = ?
            ORDER BY \(column), id LIMIT ?
            """
    }

    private func readClaimed(_ id: Int64, _ sealer: (any SecretSealer)?) throws -> ClaimedWatch? {
        let position = try lastSequence()
        return try database.cachedStatement(
            sql: """
                SELECT \(StoredText.watchColumns), w.shop, w.asked, o.object_id, o.uid, o.order_secret, o.ipn_secret,
                    o.merchant_order_id, o.due_amount, o.due_currency, o.sealed_by,
                    h.method, h.source_address, h.headers, h.received_at, h.body
                FROM watches w LEFT JOIN orders o ON o.source = w.source AND o.object_id = w.order_id
                    LEFT JOIN hints h ON h.source = w.source AND h.object_id = w.subject AND h.outcome = 'waiting'
                WHERE w.id = ?
                """
        )
        .first(id) { row in
            var watch = try StoredText.watch(row)
            let method: String? = row[23]
            if let method {
                watch.callback = Callback(
                    method: method,
                    headers: try StoredText.headers(row[25]),
                    body: row.optionalBytes(27) ?? [],
                    sourceAddress: try StoredText.address(row[24]),
                    receivedAt: Timestamp(milliseconds: row[26])
                )
            }
            let objectID: String? = row[15]
            let amount = (row[20] as String?).flatMap { DecimalText($0) }
            let order = try objectID.map { objectID in
                let places = Sealing.places(ofOrder: objectID, of: watch.source)
                return KnownOrder(
                    objectID: objectID,
                    uid: row[16],
                    orderSecret: try row.optionalBytes(17).map {
                        try Sealing.secret($0, places.order, by: row[22], sealer)
                    },
                    ipnSecret: try row.optionalBytes(18).map {
                        try Sealing.secret($0, places.ipn, by: row[22], sealer)
                    },
                    merchantOrderID: row[19],
                    expectedDue: amount.map { Amount($0, row[21]) }
                )
            }
            return ClaimedWatch(watch: watch, shop: row[13], order: order, asked: row[14], position: position)
        }
    }

    /// A poll, its news, and what becomes of the watch.
    func record(_ poll: PollRecord) throws -> PollOutcome {
        let id = poll.watch.number
        watchClaims.give(id)
        var untold = Set(poll.news.map(\.event.id))
        if try isOvertaken(poll) {
            untold = try refundsUntold(by: poll)
            if untold.isEmpty { return try repeatPoll(poll) }
        }
        // The news come first: a final event closes its watch.
        let news = try poll.news.map { untold.contains($0.event.id) ? try capture($0) : .duplicate }
        if let polledAt = poll.polledAt { try note(poll, at: polledAt) }
        guard let (state, asked) = try stateAndAsked(id) else {
            return PollOutcome(news: news, overdue: nil, state: .closed)
        }
        if let shop = poll.news.last?.event.shop, !shop.isEmpty {
            try database.cachedStatement(sql: "UPDATE watches SET shop = ? WHERE id = ?").run(shop, id)
        }
        var isOverdue = false
        if case .overdue = poll.next { isOverdue = true }
        guard state == .open || state == .held && isOverdue else {
            // A final event has ended the watch; with it the hint has come to something.
            if !poll.news.isEmpty { try settleHint(of: id, "fetched") }
            return PollOutcome(news: news, overdue: nil, state: state)
        }
        if let deadline = poll.deadline { try setDeadline(id, deadline) }
        let isWantedAgain = asked != poll.asked
        switch poll.next {
        case .poll(let next):
            // What somebody has asked for meanwhile stays due.
            if !isWantedAgain { try setDue(id, at: next, note: poll.note) }
        case .close:
            if isWantedAgain { return PollOutcome(news: news, overdue: nil, state: .open) }
            try endWatch(id, .closed, note: nil, now: poll.polledAt ?? poll.decidedAt)
            try settleHint(of: id, "fetched")
            return PollOutcome(news: news, overdue: nil, state: .closed)
        case .hold(let reason):
            try endWatch(id, .held, note: reason, now: poll.polledAt ?? poll.decidedAt)
            try settleHint(of: id, "fetch_failed")
            return PollOutcome(news: news, overdue: nil, state: .held)
        case .holdSource(let reason):
            try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO source_holds (source, reason, since)
                    SELECT source, ?2, ?3 FROM watches WHERE id = ?1
                    """
            )
            .run(id, reason, poll.decidedAt.milliseconds)
            try setDue(id, at: poll.decidedAt, note: nil)
            return PollOutcome(news: news, overdue: nil, state: .held)
        case .overdue(let event):
            if isWantedAgain { break }
            let endedAt = event.event.receivedAt
            try endWatch(id, .overdue, note: "no final event by the deadline", now: endedAt)
            try settleHint(of: id, "fetch_failed")
            return PollOutcome(news: news, overdue: try capture(event), state: .overdue)
        }
        if !poll.news.isEmpty { try settleHint(of: id, "fetched") }
        return PollOutcome(news: news, overdue: nil, state: .open)
    }

    /// Whether an event of what the news are about has been stored since the watch was claimed.
    private func isOvertaken(_ poll: PollRecord) throws -> Bool {
        guard let position = poll.relativeTo else { return false }
        let newer = try database.cachedStatement(
            sql: """
                SELECT 1 FROM events WHERE object_key = ? AND sequence > ? AND provider = ? AND source = ? LIMIT 1
                """
        )
        for event in poll.news.map(\.event) {
            let key = StoredText.encode(objectKey: event.objectKey)
            let found = try newer.first(key, position, event.source.provider, event.source.id) { _ in true }
            if found == true { return true }
        }
        return false
    }

    /// The refunds among overtaken news that nobody will ask about again, since the event that came first has ended the
    /// watch; none while the watch goes on.
    ///
    /// A refund follows the end, so an answer that told of one is newer than a mere end, and what told of one is no refund
    /// that is yet to come. Told twice is better than never.
    private func refundsUntold(by poll: PollRecord) throws -> Set<EventID> {
        if let state = try stateAndAsked(poll.watch.number)?.0, state != .closed { return [] }
        guard let position = poll.relativeTo else { return [] }
        let newer = try database.cachedStatement(
            sql: """
                SELECT type, provider_status FROM events
                WHERE object_key = ? AND sequence > ? AND provider = ? AND source = ?
                """
        )
        let untold = try poll.news.map(\.event).filter { event in
            guard event.type.isRefund else { return false }
            let key = StoredText.encode(objectKey: event.objectKey)
            let told = try newer.all(key, position, event.source.provider, event.source.id) { row -> Bool in
                let status: String? = row[1]
                let isRefund = EventType(rawValue: row[0]).isRefund
                return isRefund && (status == event.providerStatus || event.type == .paymentRefundPending)
            }
            return !told.contains(true)
        }
        return Set(untold.map(\.id))
    }

    /// Notes the poll and nothing else; a watch that is still open is due again.
    private func repeatPoll(_ poll: PollRecord) throws -> PollOutcome {
        if let polledAt = poll.polledAt {
            var poll = poll
            (poll.outcome, poll.news) = (StoredPoll.overtaken, [])
            try note(poll, at: polledAt, keepsMemory: true)
        }
        let id = poll.watch.number
        let state = try stateAndAsked(id)?.0 ?? .closed
        if state == .open { try setDue(id, at: poll.decidedAt, note: nil) }
        return PollOutcome(news: [], overdue: nil, state: state, isOvertaken: true)
    }

    func releaseWatches(_ ids: [WatchID]) {
        for id in ids { watchClaims.give(id.number) }
    }

    private func stateAndAsked(_ id: Int64) throws -> (WatchState, Int64)? {
        try database.cachedStatement(sql: "SELECT state, asked FROM watches WHERE id = ?")
            .first(id) { row in (try StoredText.watchState(row[0]), row[1]) }
    }

    /// Counts the poll, keeps its row among the newest, and what the rules remember.
    private func note(_ poll: PollRecord, at moment: Timestamp, keepsMemory: Bool = false) throws {
        let id = poll.watch.number
        try database.cachedStatement(
            sql: """
                UPDATE watches SET polls = polls + 1, last_outcome = ?,
                    memory = CASE WHEN ? THEN memory ELSE ? END WHERE id = ?
                """
        )
        .run(poll.outcome, keepsMemory, Blob(poll.memory), id)
        guard
            let number = try database.cachedStatement(sql: "SELECT polls FROM watches WHERE id = ?")
                .first(id, read: { row -> Int64 in row[0] })
        else { return }
        let reason: String? =
            switch poll.next {
            case .hold(let reason), .holdSource(let reason): reason
            case .poll, .close, .overdue: poll.note
            }
        try database.cachedStatement(
            sql: "INSERT INTO watch_polls (watch, number, at, outcome, note, events) VALUES (?, ?, ?, ?, ?, ?)"
        )
        .run(
            id,
            number,
            moment.milliseconds,
            poll.outcome,
            reason,
            poll.news.map(\.event.id.rawValue).joined(separator: ",")
        )
        try database.cachedStatement(sql: "DELETE FROM watch_polls WHERE watch = ? AND number <= ?")
            .run(id, number - Int64(StoredPoll.kept))
    }

    private func setDue(_ id: Int64, at moment: Timestamp, note: String?) throws {
        try database.cachedStatement(
            sql: "UPDATE watches SET next_poll_at = ?2, due_at = min(?2, deadline), note = ?3 WHERE id = ?1"
        )
        .run(id, moment.milliseconds, note)
    }

    private func setDeadline(_ id: Int64, _ deadline: Timestamp) throws {
        try database.cachedStatement(
            sql: "UPDATE watches SET deadline = ?2, due_at = min(coalesce(next_poll_at, ?2), ?2) WHERE id = ?1"
        )
        .run(id, deadline.milliseconds)
    }

    /// Says what a hint came to, unless a newer one waits.
    private func settleHint(of id: Int64, _ outcome: String) throws {
        try database.cachedStatement(
            sql: """
                UPDATE hints SET outcome = ?2 WHERE outcome = 'waiting' AND (source, object_id) =
                    (SELECT source, subject FROM watches WHERE id = ?1)
                    AND hinted_at <= (SELECT hinted_at FROM watches WHERE id = ?1)
                """
        )
        .run(id, outcome)
    }

    /// Removes watches that ended before that moment, with their polls.
    func pruneWatches(before: Timestamp, limit: Int) throws -> Int {
        let ids = try database.cachedStatement(
            sql: """
                DELETE FROM watches WHERE id IN (SELECT id FROM watches INDEXED BY watches_ended
                    WHERE state IN ('closed', 'overdue') AND changed_at < ? ORDER BY changed_at LIMIT ?)
                RETURNING id
                """
        )
        .all(before.milliseconds, limit) { row -> Int64 in row[0] }
        let polls = try database.cachedStatement(sql: "DELETE FROM watch_polls WHERE watch = ?")
        for id in ids { try polls.run(id) }
        return ids.count
    }
}
