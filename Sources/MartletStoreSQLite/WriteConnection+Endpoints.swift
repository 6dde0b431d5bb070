// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Endpoints, and what operators do to deliveries.
extension WriteConnection {
    func save(_ health: EndpointHealth.Saved, of endpoint: EndpointID) throws {
        try statement(.saveHealth)
            .run(
                endpoint.rawValue,
                health.parkedUntil?.milliseconds,
                health.probeInterval?.wholeMilliseconds,
                health.failingSince?.milliseconds,
                health.lastSuccessAt?.milliseconds,
                health.lastFailure?.label,
                health.lastFailure?.status,
                health.lastFailure?.at.milliseconds,
                health.rejecting?.status,
                health.rejecting?.since.milliseconds,
                health.rejecting?.latest.milliseconds,
                health.disabled?.reason.rawValue,
                health.disabled?.at.milliseconds
            )
    }

    /// Due now; one that had ended gets the attempts of a whole schedule once more.
    func retry(_ id: Int64, now: Timestamp) throws -> RetryOutcome {
        guard let row = try standing(id) else { return .unknown }
        if row.isExpunged { return .expunged }
        switch row.state {
        case .delivered: return .delivered
        case .pending, .inFlight:
            if held(of: row.endpoint).contains(id) { return .inFlight }
            if !row.hasDueTime { return .waitsInLane(row.endpoint) }
            try setDue(id, at: now)
            return .due(row.endpoint)
        case .dead, .skipped, .cancelled:
            let mustWait = try row.lane.map { try isLaneBusy($0, of: row.endpoint) } ?? false
            try database.cachedStatement(
                sql: "UPDATE deliveries SET state = 'pending', due_at = ?2, schedule_from = attempts WHERE id = ?1"
            )
            .run(id, mustWait ? nil : now.milliseconds)
            count(-1, row.state)
            count(1, .pending)
            return mustWait ? .waitsInLane(row.endpoint) : .due(row.endpoint)
        }
    }

    func cancel(_ id: Int64, now: Timestamp) throws -> CancelOutcome {
        guard let row = try standing(id) else { return .unknown }
        guard row.state == .pending else { return .ended(row.state) }
        if held(of: row.endpoint).contains(id) { return .inFlight }
        try database.cachedStatement(sql: "UPDATE deliveries SET state = 'cancelled' WHERE id = ?").run(id)
        count(-1, .pending)
        count(1, .cancelled)
        // Without a due time it was waiting itself, and the one that the others wait for is still to come.
        if let lane = row.lane, row.hasDueTime { try promote(lane, of: row.endpoint, at: now) }
        return .cancelled(row.endpoint)
    }

    /// By the place in the index by state, so that no call walks what is skipped for other endpoints again.
    func offerSkipped(
        of endpoint: EndpointID,
        shops: Set<String>,
        after: Int64,
        now: Timestamp,
        limit: Int
    ) throws -> SkippedOffer {
        let rows = try database.cachedStatement(
            sql: """
                SELECT id, endpoint, event FROM deliveries INDEXED BY deliveries_unusual
                WHERE state NOT IN ('pending', 'delivered') AND state = 'skipped' AND id > ? ORDER BY id LIMIT ?
                """
        )
        .all(after, limit) { row -> (id: Int64, endpoint: EndpointID, event: Int64) in
            (row[0], EndpointID(row[1]), row[2])
        }
        var offer = SkippedOffer(
            offered: 0,
            last: rows.count < limit ? nil : rows.last.map { DeliveryID(number: $0.id) }
        )
        for row in rows where row.endpoint == endpoint {
            guard try isWanted(row.event, by: endpoint, shops) else { continue }
            _ = try retry(row.id, now: now)
            offer.offered += 1
        }
        return offer
    }

    /// Whether the endpoint gets the event's shop, and nothing of the event is on its way or has arrived there.
    private func isWanted(_ event: Int64, by endpoint: EndpointID, _ shops: Set<String>) throws -> Bool {
        let found = try database.cachedStatement(
            sql: """
                SELECT shop, EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_by_event
                    WHERE event = ?1 AND endpoint = ?2 AND state IN ('pending', 'delivered'))
                FROM events WHERE sequence = ?1
                """
        )
        .first(event, endpoint.rawValue) { row -> (shop: String, isSettled: Bool) in (row[0], row[1]) }
        guard let found, !found.isSettled else { return false }
        return shops.contains("*") || shops.contains(found.shop)
    }

    /// Where a delivery stands on disk.
    private struct Standing {
        var endpoint: EndpointID
        var state: DeliveryState
        var hasDueTime: Bool
        var lane: String?
        var isExpunged: Bool
    }

    private func standing(_ id: Int64) throws -> Standing? {
        try database.cachedStatement(
            sql: """
                SELECT endpoint, state, due_at IS NOT NULL, lane,
                    (SELECT expunged IS NOT NULL FROM events WHERE sequence = deliveries.event)
                FROM deliveries WHERE id = ?
                """
        )
        .first(id) { row in
            Standing(
                endpoint: EndpointID(row[0]),
                state: try StoredText.state(row[1]),
                hasDueTime: row[2],
                lane: row[3],
                isExpunged: row[4]
            )
        }
    }

    private func setDue(_ id: Int64, at moment: Timestamp) throws {
        try database.cachedStatement(sql: "UPDATE deliveries SET due_at = ? WHERE id = ?").run(moment.milliseconds, id)
    }
}
