// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Watches as they are registered, followed and steered by operators.
extension WriteConnection {
    /// A watch with its order; of one that exists details change, and secrets where new ones are given.
    func register(
        _ plan: WatchPlan,
        shop: String,
        now: Timestamp,
        _ sealer: (any SecretSealer)?
    ) throws -> WatchRegistration {
        let watch = plan.watch
        if let order = plan.order { try save(order, of: watch.source, sealer) }
        guard let known = try find(watch.source, watch.subject) else {
            return .registered(try insert(plan, shop: shop, hintedAt: nil, now: now))
        }
        try database.cachedStatement(
            sql: "UPDATE watches SET details = ?, order_id = coalesce(?, order_id) WHERE id = ?"
        )
        .run(Blob(watch.details), plan.order?.objectID, known.id)
        if known.state == .overdue { try reopen(known.id, plan, now: now) }
        return .exists(WatchID(number: known.id))
    }

    /// Makes a hint's watch due; the same hint again changes nothing, and one that is held stays held.
    ///
    /// A hint is known by its moment. One that seems older than the one before may be so only because the clock was set
    /// back, so it counts: a poll too many costs little.
    func follow(_ hint: Hint, _ plan: WatchPlan, shop: String, now: Timestamp) throws {
        guard let known = try find(plan.watch.source, plan.watch.subject) else {
            _ = try insert(plan, shop: shop, hintedAt: hint.receivedAt, now: now)
            return
        }
        if known.hintedAt == hint.receivedAt { return }
        switch known.state {
        case .open: try makeDue(known.id, now: now)
        case .closed, .overdue: try reopen(known.id, plan, now: now)
        case .held: break
        }
        try database.cachedStatement(sql: "UPDATE watches SET hinted_at = ? WHERE id = ?")
            .run(Self.newest(known.hintedAt, hint.receivedAt, at: now).milliseconds, known.id)
    }

    /// What a clock that ran ahead has dated is not newer than what came after it.
    private static func newest(_ earlier: Timestamp?, _ moment: Timestamp, at now: Timestamp) -> Timestamp {
        guard let earlier, earlier <= now else { return moment }
        return max(earlier, moment)
    }

    /// Undoes what a clock that ran ahead has dated; all of it is due after `now`, which bounds the search.
    func clampWatches(of source: SourceID, now: Timestamp, to latest: Timestamp) throws -> Int {
        let deadline = "deadline - max(created_at - ?2, 0)"
        try database.cachedStatement(
            sql: """
                UPDATE watches INDEXED BY watches_due SET
                    deadline = \(deadline),
                    due_at = CASE WHEN next_poll_at IS NULL THEN \(deadline) ELSE min(?2, \(deadline)) END,
                    next_poll_at = CASE WHEN next_poll_at IS NULL THEN NULL ELSE ?2 END,
                    created_at = min(created_at, ?2)
                WHERE state IN ('open', 'held') AND source = ?1 AND due_at > ?2
                    AND (created_at > ?2 OR next_poll_at > ?3)
                """
        )
        .run(source.description, now.milliseconds, latest.milliseconds)
        return database.changesCount
    }

    /// Makes an open watch due, but not sooner after its newest poll than `pause`, nor later than it is due anyway.
    ///
    /// The newest poll is dated by the wall clock, so how long ago it was is reckoned by that one.
    func hasten(
        _ subject: String,
        of source: SourceID,
        now: Timestamp,
        wall: Timestamp,
        pause: Duration,
        unlessAfter failures: Set<String>
    ) throws -> Bool {
        guard let known = try find(source, subject), known.state == .open else { return false }
        let newest = try database.cachedStatement(
            sql: "SELECT at, outcome FROM watch_polls WHERE watch = ? ORDER BY number DESC LIMIT 1"
        )
        .first(known.id) { row -> (at: Timestamp, outcome: String) in (Timestamp(milliseconds: row[0]), row[1]) }
        if let newest, failures.contains(newest.outcome) { return false }
        let rest = newest.map { min(max($0.at + pause - wall, .zero), pause) } ?? .zero
        try database.cachedStatement(
            sql: """
                UPDATE watches SET next_poll_at = ?2, due_at = min(due_at, ?2), asked = asked + 1
                WHERE id = ?1 AND next_poll_at > ?2
                """
        )
        .run(known.id, (now + rest).milliseconds)
        return database.changesCount > 0
    }

    func pollNow(_ id: Int64, now: Timestamp) throws -> WatchAction {
        guard let standing = try standing(id) else { return .unknown }
        let state: WatchState = standing.state == .open && standing.isSourceHeld ? .held : standing.state
        guard state == .open else { return .refused(state) }
        try makeDue(id, now: now)
        return .done
    }

    func resume(_ id: Int64, now: Timestamp) throws -> WatchAction {
        guard let standing = try standing(id) else { return .unknown }
        if standing.state == .open, !standing.isSourceHeld { return .refused(.open) }
        try database.cachedStatement(sql: "DELETE FROM source_holds WHERE source = ?").run(standing.source)
        try database.cachedStatement(
            sql: """
                UPDATE watches SET state = 'open', note = NULL, next_poll_at = ?2, due_at = min(?2, deadline),
                    asked = asked + 1, changed_at = ?2 WHERE id = ?1
                """
        )
        .run(id, now.milliseconds)
        watchClaims.hasUnfinished = true
        return .done
    }

    func close(_ id: Int64, now: Timestamp) throws -> WatchAction {
        guard let standing = try standing(id) else { return .unknown }
        if standing.state == .closed { return .refused(.closed) }
        try endWatch(id, .closed, note: "closed by an operator", now: now)
        return .done
    }

    /// Closes the watches that an event ends: a final one, or one after it.
    ///
    /// A subject is the provider's number or the merchant's, with or without the kind of object before it.
    func closeWatches(after event: Event) throws {
        if watchClaims.hasUnfinished == nil {
            watchClaims.hasUnfinished =
                try database.cachedStatement(
                    sql: "SELECT 1 FROM watches WHERE state <> 'closed' LIMIT 1"
                )
                .first { _ in true } ?? false
        }
        guard watchClaims.hasUnfinished == true else { return }
        var subjects = [event.objectKey]
        for number in [event.providerObjectID, event.merchantOrderID].compactMap({ $0 }) {
            subjects += [number, "\(event.object.rawValue):\(number)"]
        }
        for subject in subjects {
            guard let known = try find(event.source, subject), known.state != .closed else { continue }
            try endWatch(known.id, .closed, note: nil, now: event.receivedAt)
        }
    }

    func endWatch(_ id: Int64, _ state: WatchState, note: String?, now: Timestamp) throws {
        try database.cachedStatement(
            sql:
                "UPDATE watches SET state = ?, next_poll_at = NULL, due_at = deadline, note = ?, changed_at = ? WHERE id = ?"
        )
        .run(state.rawValue, note, now.milliseconds, id)
    }

    // MARK: rows

    private struct Known {
        var id: Int64
        var state: WatchState
        var hintedAt: Timestamp?
    }

    private func find(_ source: SourceID, _ subject: String) throws -> Known? {
        try database.cachedStatement(
            sql: "SELECT id, state, hinted_at FROM watches WHERE source = ? AND subject = ?"
        )
        .first(source.description, subject) { row in
            let hinted: Int64? = row[2]
            return Known(
                id: row[0],
                state: try StoredText.watchState(row[1]),
                hintedAt: hinted.map(Timestamp.init(milliseconds:))
            )
        }
    }

    private func standing(_ id: Int64) throws -> (source: String, state: WatchState, isSourceHeld: Bool)? {
        try database.cachedStatement(
            sql: """
                SELECT source, state, EXISTS (SELECT 1 FROM source_holds WHERE source = watches.source)
                FROM watches WHERE id = ?
                """
        )
        .first(id) { row in (row[0], try StoredText.watchState(row[1]), row[2]) }
    }

    private func insert(_ plan: WatchPlan, shop: String, hintedAt: Timestamp?, now: Timestamp) throws -> WatchID {
        let watch = plan.watch
        try database.cachedStatement(
            sql: """
                INSERT INTO watches (source, subject, shop, state, next_poll_at, deadline, due_at, note, order_id,
                    hinted_at, created_at, changed_at, details, memory)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, min(coalesce(?5, ?6), ?6), ?7, ?8, ?9, ?10, ?11, ?12,
                    ?13)
                """
        )
        .run(
            watch.source.description,
            watch.subject,
            shop,
            watch.state.rawValue,
            watch.state == .open ? watch.nextPollAt?.milliseconds : nil,
            watch.deadline.milliseconds,
            watch.note,
            plan.order?.objectID,
            hintedAt?.milliseconds,
            watch.createdAt.milliseconds,
            now.milliseconds,
            Blob(watch.details),
            Blob(watch.memory)
        )
        watchClaims.hasUnfinished = true
        return WatchID(number: database.lastInsertedRowID)
    }

    private func reopen(_ id: Int64, _ plan: WatchPlan, now: Timestamp) throws {
        try database.cachedStatement(
            sql: """
                UPDATE watches SET state = 'open', next_poll_at = ?2, deadline = ?3, due_at = min(coalesce(?2, ?3), ?3),
                    note = ?4, asked = asked + 1, changed_at = ?5 WHERE id = ?1
                """
        )
        .run(
            id,
            plan.watch.nextPollAt?.milliseconds,
            plan.watch.deadline.milliseconds,
            plan.watch.note,
            now.milliseconds
        )
        watchClaims.hasUnfinished = true
    }

    private func makeDue(_ id: Int64, now: Timestamp) throws {
        try database.cachedStatement(
            sql: """
                UPDATE watches SET next_poll_at = ?2, due_at = min(?2, due_at), asked = asked + 1 WHERE id = ?1
                """
        )
        .run(id, now.milliseconds)
    }
}
