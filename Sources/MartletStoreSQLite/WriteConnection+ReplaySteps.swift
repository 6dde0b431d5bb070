// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// One step of a replay: deliveries made again, and its place moved along with them.
extension WriteConnection {
    func advance(_ step: ReplayStep) throws -> ReplayProgress? {
        let (replay, endpoint) = (step.replay.number, step.endpoint.rawValue)
        let place = try database.cachedStatement(
            sql: """
                SELECT t.next, t.total, r.repeats_delivered FROM replays r
                CROSS JOIN replay_targets t ON t.replay = r.id AND t.endpoint = ?2
                WHERE r.id = ?1 AND r.state = 'running' AND r.finished_at IS NULL
                """
        )
        .first(replay, endpoint) { row -> (next: Int, total: Int, repeats: Bool) in (row[0], row[1], row[2]) }
        guard let place else { return nil }
        var progress = ReplayProgress(left: place.total - place.next)
        let room = step.maxWaiting - (try waiting(step))
        let wanted = min(step.limit, room, progress.left, ReplayItem.block - place.next % ReplayItem.block)
        guard wanted > 0 else { return progress }

        let block = place.next / ReplayItem.block
        for item in try items(of: step, block: block).dropFirst(place.next % ReplayItem.block).prefix(wanted) {
            switch try make(item, step, repeatsDelivered: place.repeats) {
            case .made: progress.made += 1
            case .gone: progress.gone += 1
            case .unneeded: progress.unneeded += 1
            case .otherShop: progress.otherShop += 1
            }
        }
        let done = progress.done
        guard done == wanted else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the list of \(step.replay) is not whole")
        }
        count(progress.made, .pending)
        progress.left -= done
        try move(step, by: progress)
        if progress.left == 0 || (place.next + done) % ReplayItem.block == 0 {
            try database.cachedStatement(
                sql: "DELETE FROM replay_items WHERE replay = ? AND endpoint = ? AND number = ?"
            )
            .run(replay, endpoint, block)
        }
        return progress
    }

    private enum Result {
        case made
        case gone
        case unneeded
        case otherShop
    }

    /// What a step must know of an event.
    private struct Source {
        var lane: String
        var shop: String
        /// The whole event, where its shape is wanted.
        var event: Event?
    }

    private func make(_ item: ReplayItem, _ step: ReplayStep, repeatsDelivered: Bool) throws -> Result {
        let endpoint = step.endpoint
        guard let event = try source(of: item.event, isWhole: step.shape != nil) else { return .gone }
        guard step.shops.contains("*") || step.shops.contains(event.shop) else { return .otherShop }
        let isSettled =
            try database.cachedStatement(
                sql: """
                    SELECT 1 FROM deliveries INDEXED BY deliveries_by_event
                    WHERE event = ? AND endpoint = ? AND state IN ('pending', ?) LIMIT 1
                    """
            )
            .first(item.event, endpoint.rawValue, repeatsDelivered ? "pending" : "delivered") { _ in true } ?? false
        if isSettled { return .unneeded }
        let mustWait = step.isOrdered ? try isLaneBusy(event.lane, of: endpoint) : false
        // The body of the old delivery where that was for this endpoint too: another's shape is not what this one asked for.
        // What it never had gets the shape that it has now.
        try database.cachedStatement(
            sql: """
                INSERT INTO deliveries (id, event, endpoint, state, due_at, created_at, lane, replay, replay_of, body)
                SELECT ?1, ?2, ?3, 'pending', ?4, ?5, ?6, ?7, ?8,
                    CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE id = ?8 AND endpoint = ?3)
                        THEN (SELECT body FROM deliveries WHERE id = ?8) ELSE ?9 END
                """
        )
        .run(
            try takeDeliveryNumbers(1),
            item.event,
            endpoint.rawValue,
            mustWait ? nil : step.now.milliseconds,
            step.createdAt.milliseconds,
            step.isOrdered ? event.lane : nil,
            step.replay.number,
            item.delivery,
            event.event.flatMap { whole in step.shape.map { Blob($0.render(whole)) } }
        )
        return .made
    }

    /// Nil once retention has removed the event, or somebody what it says of people.
    private func source(of event: Int64, isWhole: Bool) throws -> Source? {
        try database.cachedStatement(
            sql: """
                SELECT provider, source, object_key, shop\(isWhole ? ", envelope" : "") FROM events
                WHERE sequence = ? AND expunged IS NULL
                """
        )
        .first(event) { row in
            let key = StoredText.objectKey(row[2])
            let whole = isWhole ? EventEnvelope.read(row.bytes(4), objectKey: key) : nil
            if isWhole, whole == nil { throw StoredText.unreadable("envelope") }
            // The lane as `FanOut` names it.
            let lane = "\(SourceID(provider: row[0], id: row[1]))/\(key)"
            return Source(lane: lane, shop: row[3], event: whole)
        }
    }

    /// Deliveries of the replay that wait for the endpoint, counted up to the bound.
    private func waiting(_ step: ReplayStep) throws -> Int {
        try database.cachedStatement(
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_of_replays
                    WHERE replay = ? AND state = 'pending' AND endpoint = ? LIMIT ?)
                """
        )
        .first(step.replay.number, step.endpoint.rawValue, step.maxWaiting) { row -> Int in row[0] } ?? 0
    }

    private func items(of step: ReplayStep, block: Int) throws -> [ReplayItem] {
        let bytes = try database.cachedStatement(
            sql: "SELECT items FROM replay_items WHERE replay = ? AND endpoint = ? AND number = ?"
        )
        .first(step.replay.number, step.endpoint.rawValue, block) { row in row.bytes(0) }
        return ReplayItem.decode(bytes ?? [])
    }

    private func move(_ step: ReplayStep, by progress: ReplayProgress) throws {
        try database.cachedStatement(
            sql: """
                UPDATE replay_targets SET next = next + ?, made = made + ?, gone = gone + ?, unneeded = unneeded + ?,
                    other_shop = other_shop + ?
                WHERE replay = ? AND endpoint = ?
                """
        )
        .run(
            progress.done,
            progress.made,
            progress.gone,
            progress.unneeded,
            progress.otherShop,
            step.replay.number,
            step.endpoint.rawValue
        )
    }
}
