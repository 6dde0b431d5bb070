// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// A real store whose operations fail on demand, as on a full disk, and which knows whether any is under way.
struct FaultyStore: EventStore {
    let base: any EventStore
    let faults: Faults

    private static let full = StoreError.full("no space left on the device that holds the store")

    private func run<Value>(
        _ operation: Faults.Operation,
        _ completion: @escaping Completion<Value>,
        _ write: (@escaping Completion<Value>) -> Void
    ) {
        if faults.strikes(operation) { return completion(.failure(Self.full)) }
        faults.began()
        write { [faults] result in
            completion(result)
            faults.ended()
        }
    }

    func capture(_ capture: Capture, completion: @escaping Completion<CaptureOutcome>) {
        run(.capture, completion) { base.capture(capture, completion: $0) }
    }

    func quarantine(_ callback: QuarantinedCallback, completion: @escaping Completion<Void>) {
        run(.quarantine, completion) { base.quarantine(callback, completion: $0) }
    }

    func keep(_ hint: KeptHint, completion: @escaping Completion<Void>) { base.keep(hint, completion: completion) }

    func record(_ records: [AttemptRecord], announcing: [Capture], completion: @escaping Completion<Void>) {
        run(.record, completion) { base.record(records, announcing: announcing, completion: $0) }
    }

    func save(
        _ health: EndpointHealth.Saved,
        of endpoint: EndpointID,
        announcing: [Capture],
        noting: [NewAuditEntry],
        completion: @escaping Completion<Void>
    ) {
        run(.health, completion) {
            base.save(health, of: endpoint, announcing: announcing, noting: noting, completion: $0)
        }
    }

    func endpointHealth() async throws(StoreError) -> [EndpointID: EndpointHealth.Saved] {
        try await base.endpointHealth()
    }

    func clampDue(of endpoint: EndpointID, now: Timestamp, to latest: Timestamp) async throws(StoreError) -> Int {
        try await base.clampDue(of: endpoint, now: now, to: latest)
    }

    func endLanes(of endpoint: EndpointID, now: Timestamp) async throws(StoreError) -> Int {
        try await base.endLanes(of: endpoint, now: now)
    }

    func retry(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> RetryOutcome {
        try await base.retry(delivery, now: now)
    }

    func cancel(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> CancelOutcome {
        try await base.cancel(delivery, now: now)
    }

    func offerSkipped(
        of endpoint: EndpointID,
        shops: Set<String>,
        after: DeliveryID?,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> SkippedOffer {
        try await base.offerSkipped(of: endpoint, shops: shops, after: after, now: now, limit: limit)
    }

    func expunge(
        _ event: EventID,
        _ note: Expungement,
        cancellingPending: Bool,
        now: Timestamp
    ) async throws(StoreError) -> ExpungeOutcome {
        try await base.expunge(event, note, cancellingPending: cancellingPending, now: now)
    }

    func claimDue(
        _ endpoint: EndpointID,
        now: Timestamp,
        limit: Int,
        includingRaw: Bool,
        completion: @escaping Completion<ClaimedBatch>
    ) {
        run(.claim, completion) {
            base.claimDue(endpoint, now: now, limit: limit, includingRaw: includingRaw, completion: $0)
        }
    }

    func release(_ deliveries: [DeliveryID], of endpoint: EndpointID, completion: @escaping Completion<Void>) {
        run(.release, completion) { base.release(deliveries, of: endpoint, completion: $0) }
    }

    func earliestDue() async throws(StoreError) -> [EndpointID: Timestamp] { try await base.earliestDue() }

    func order(of source: SourceID, objectID: String) async throws(StoreError) -> KnownOrder? {
        if faults.strikes(.findOrder) { return nil }
        var order = try await base.order(of: source, objectID: objectID)
        if faults.strikes(.findOwnSecret) { order?.ipnSecret = nil }
        return order
    }

    func save(_ order: KnownOrder, of source: SourceID) async throws(StoreError) {
        try await base.save(order, of: source)
    }

    func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] { try await base.events(query) }
    func events(after position: Int64, _ query: EventFeedQuery) async throws(StoreError) -> EventFeed {
        try await base.events(after: position, query)
    }
    func deliveries(numbered ids: Set<DeliveryID>) async throws(StoreError) -> [StoredDelivery] {
        try await base.deliveries(numbered: ids)
    }
    func event(_ id: EventID) async throws(StoreError) -> EventDetail? { try await base.event(id) }

    func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery] {
        try await base.deliveries(query)
    }

    func delivery(_ id: DeliveryID) async throws(StoreError) -> DeliveryDetail? { try await base.delivery(id) }

    func backlogs(
        of endpoints: [EndpointID],
        limit: Int
    ) async throws(StoreError) -> [EndpointID: EndpointBacklog] {
        try await base.backlogs(of: endpoints, limit: limit)
    }

    func capture(
        _ capture: Capture,
        releasing row: QuarantineID,
        completion: @escaping Completion<CaptureOutcome?>
    ) {
        run(.capture, completion) { base.capture(capture, releasing: row, completion: $0) }
    }

    func removeQuarantined(_ id: QuarantineID) async throws(StoreError) -> Bool { try await base.removeQuarantined(id) }

    func quarantined(_ query: QuarantineQuery) async throws(StoreError) -> [QuarantinedCallback] {
        try await base.quarantined(query)
    }

    func quarantined(_ id: QuarantineID) async throws(StoreError) -> QuarantinedCallback? {
        try await base.quarantined(id)
    }

    func hints(_ source: SourceID?, limit: Int) async throws(StoreError) -> [KeptHint] {
        try await base.hints(source, limit: limit)
    }

    func statistics(now: Timestamp) async throws(StoreError) -> StoreStatistics { try await base.statistics(now: now) }
    func probe() async throws(StoreError) { try await base.probe() }
    func prune(
        _ horizon: RetentionHorizon,
        from place: PrunePlace
    ) async throws(StoreError) -> PruneProgress {
        try await base.prune(horizon, from: place)
    }
    func close() async { await base.close() }
}
