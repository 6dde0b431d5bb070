// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime
package import MartletStore

/// Callbacks out of quarantine: judged once more by today's settings, then on the same way as a fresh one.
///
/// A callback is judged as of the moment at which it arrived, so that one that was refused for a wrong secret is not too
/// old only because mending took two days. Nothing is answered: its provider has had its refusal long ago.
extension IngestService {
    /// Releases one callback.
    ///
    /// `forcing`: deliver it even though nothing proves it, if its provider's callbacks can be read without proof; one that
    /// today's settings accept is not forced.
    ///
    /// - Throws: what the store threw; the row is there still, or its event is on disk.
    package func release(_ id: QuarantineID, forcing: Forcing?) async throws(StoreError) -> ReleaseOutcome {
        guard let row = try await store.quarantined(id) else { return .gone }
        let outcome = try await release(row, forcing: forcing)
        report(outcome, of: row, forcing)
        return outcome
    }

    /// Releases many, oldest first, one after the other; never throws, since what is done is done.
    package func release(_ request: ReleaseRequest) async -> ReleaseReport {
        var report = ReleaseReport()
        do throws(StoreError) {
            guard var cursor = try await cursor(of: request) else { return report }
            var left = max(1, request.limit)
            report.next = cursor
            while left > 0 {
                let portion = min(left, Self.portion)
                let rows = try await store.quarantined(request.query(from: cursor, limit: portion))
                for row in rows {
                    guard row.id <= cursor.upTo else { break }
                    let outcome = try await release(row, forcing: nil)
                    report.count(outcome)
                    self.report(outcome, of: row, nil)
                    cursor.after = row.id
                    report.next = cursor
                }
                left -= portion
                guard rows.count == portion, let last = rows.last, last.id < cursor.upTo else {
                    report.next = nil
                    break
                }
            }
        } catch {
            report.failure = error
        }
        log.notice(
            "quarantine released",
            metadata: [
                "source": "\(request.source.map(\.description) ?? "-")", "released": "\(report.released)",
                "duplicates": "\(report.duplicates)", "refused": "\(report.stillRefused.values.reduce(0, +))",
                "error": "\(report.failure?.label ?? "-")",
            ]
        )
        return report
    }

    /// Releases what was refused only because this order was not known yet; call it after the order has been saved.
    ///
    /// With a secret of the order's own, also what was refused for a wrong secret or none. What is refused still stays.
    /// Returns how many events came of it.
    ///
    /// - Throws: what the store threw; calling again does the rest.
    @discardableResult
    package func releaseWaiting(for order: KnownOrder, of id: SourceID) async throws(StoreError) -> Int {
        guard let source = topology.current.source(id) else { return 0 }
        let reasons = order.ipnSecret == nil ? [.unknownOrder] : Self.mayWaitForOrder
        var released = 0
        var query = QuarantineQuery(source: id, reasons: reasons, isOldestFirst: true, limit: Self.portion)
        while true {
            let rows = try await store.quarantined(query)
            for row in rows {
                guard case .needsOrder(order.objectID) = source.provider.judge(row.callback, order: .notAsked) else {
                    continue
                }
                let outcome = try await release(row, forcing: nil)
                report(outcome, of: row, nil)
                if case .released = outcome { released += 1 }
            }
            guard rows.count == Self.portion else { return released }
            query.after = rows.last?.id
        }
    }

    /// The same for callers whose own work is done: what could not be released is logged and stays in quarantine.
    package func orderRegistered(_ order: KnownOrder, of source: SourceID) async {
        do throws(StoreError) {
            try await releaseWaiting(for: order, of: source)
        } catch {
            log.error(
                "callbacks of a known order stay in quarantine",
                metadata: ["source": "\(source)", "order": "\(order.objectID)", "error": "\(error.label)"]
            )
        }
    }

    /// Releases what a crash has left behind: its order was stored, and what had waited for that was not released.
    ///
    /// Call it once the sources are in force. Never throws: what stays in quarantine is named in the log.
    package func releaseLeftOver() async {
        for id in topology.current.sourceIDs {
            do throws(StoreError) {
                try await releaseLeftOver(of: id)
            } catch {
                if error == .closed { return }
                log.error(
                    "quarantine not looked through for callbacks of orders that are known by now",
                    metadata: ["source": "\(id)", "error": "\(error.label)"]
                )
            }
        }
    }

    private func releaseLeftOver(of id: SourceID) async throws(StoreError) {
        guard let provider = topology.current.source(id)?.provider else { return }
        var query = QuarantineQuery(
            source: id,
            reasons: Self.mayWaitForOrder,
            isOldestFirst: true,
            limit: Self.portion
        )
        while true {
            let rows = try await store.quarantined(query)
            for row in rows {
                guard case .needsOrder(let objectID) = provider.judge(row.callback, order: .notAsked),
                    let order = try await store.order(of: id, objectID: objectID),
                    order.ipnSecret != nil || row.refusal.reason == .unknownOrder
                else { continue }
                let outcome = try await release(row, forcing: nil)
                report(outcome, of: row, nil)
            }
            guard rows.count == Self.portion, let last = rows.last else { return }
            query.after = last.id
        }
    }

    /// The sources whose events all belong to these shops.
    package func sources(of shops: Set<String>) -> Set<SourceID> { topology.current.sources(of: shops) }

    /// What a callback is refused for as long as its order, or the order's own secret, is not known.
    static let mayWaitForOrder: Set<RefusalReason> = [.unknownOrder, .badSignature, .misconfigured]

    /// Rows that are held in memory at once.
    private static let portion = 50

    /// Where the request begins or goes on; nil if there is nothing to do.
    private func cursor(of request: ReleaseRequest) async throws(StoreError) -> ReleaseRequest.Cursor? {
        if let cursor = request.cursor { return cursor }
        var query = request.query(from: nil, limit: 1)
        query.isOldestFirst = false
        guard let newest = try await store.quarantined(query).first else { return nil }
        return ReleaseRequest.Cursor(after: QuarantineID(number: 0), upTo: newest.id)
    }

    private func release(_ row: QuarantinedCallback, forcing: Forcing?) async throws(StoreError) -> ReleaseOutcome {
        guard let source = topology.current.source(row.source) else { return .unknownSource }
        var order: KnownOrder?
        var judgement = source.provider.judge(row.callback, order: .notAsked)
        if case .needsOrder(let id) = judgement {
            order = try await store.order(of: row.source, objectID: id)
            judgement = source.provider.judge(row.callback, order: order.map(OrderLookup.known) ?? .unknown)
        }
        switch judgement {
        case .accepted(let event): return try await capture(event, from: row, source, forcing: nil)
        case .hint(let hint): return try await keep(hint, from: row)
        case .needsOrder:
            return .stillRefused(Refusal(.misconfigured, "the provider asked twice for the same order"))
        case .refused(let refusal):
            guard let forcing else { return .stillRefused(refusal) }
            guard let provider = source.provider as? any ForcibleProvider else { return .notForcible }
            switch Self.forced(row.callback, order, by: provider) {
            case .failure(let refusal): return .stillRefused(refusal)
            case .success(var event):
                // One without any signature is refused before its order is asked for; its shop may hang on the order.
                if order == nil, let id = event.providerObjectID,
                    let known = try await store.order(of: row.source, objectID: id),
                    case .success(let complete) = Self.forced(row.callback, known, by: provider)
                {
                    event = complete
                }
                return try await capture(event, from: row, source, forcing: forcing)
            }
        }
    }

    private static func forced(
        _ callback: Callback,
        _ order: KnownOrder?,
        by provider: any ForcibleProvider
    ) -> Result<Event, Refusal> {
        Result { () throws(Refusal) -> Event in
            var event = try provider.normalise(callback, order: order)
            event.verification = Verification(method: "forced")
            return event
        }
    }

    private func capture(
        _ proven: Event,
        from row: QuarantinedCallback,
        _ source: Topology.Source,
        forcing: Forcing?
    ) async throws(StoreError) -> ReleaseOutcome {
        let event = proven.routed(to: source.shop(proven.merchantOrderID))
        let plan = FanOut.plan(event, for: topology.current.subscribers, at: clock.now())
        let capture = Capture(
            event: event,
            envelope: EventEnvelope.render(event),
            raw: RawCallback.render(row.callback, forcing: forcing),
            deliveries: plan.deliveries,
            trace: TraceContext(row.callback.headers)
        )
        let result: Result<CaptureOutcome?, StoreError> = await withCheckedContinuation { continuation in
            store.capture(capture, releasing: row.id) { [self] result in
                // Here, on the store's queue, so that deliveries are handed over in the order of the commits.
                if case .success(let outcome?) = result {
                    committed(capture, plan, outcome)
                } else {
                    dispatcher.release(plan)
                }
                continuation.resume(returning: result)
            }
        }
        switch try result.get() {
        case .stored: return .released(event.id, withheld: [])
        case .withheld(let flags): return .released(event.id, withheld: flags.filter(\.withholdsDelivery))
        case .duplicate: return .duplicate(event.id)
        case nil: return .gone
        }
    }

    /// Two writes: a hint that is kept twice is one hint.
    private func keep(_ hint: Hint, from row: QuarantinedCallback) async throws(StoreError) -> ReleaseOutcome {
        let kept: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            store.keep(KeptHint(hint: hint, callback: row.callback)) { continuation.resume(returning: $0) }
        }
        try kept.get()
        hinted(hint)
        return try await store.removeQuarantined(row.id) ? .hint : .gone
    }

    private func report(_ outcome: ReleaseOutcome, of row: QuarantinedCallback, _ forcing: Forcing?) {
        guard case .released(let event, _) = outcome else { return }
        let trace = TraceContext(row.callback.headers) ?? TraceContext(of: event)
        var metadata: Logger.Metadata = [
            "row": "\(row.id)", "source": "\(row.source)", "event": "\(event)", "trace_id": "\(trace.id)",
            "refused": "\(row.refusal.reason.rawValue)",
        ]
        guard let forcing else { return log.info("callback released", metadata: metadata) }
        metadata["key"] = "\(forcing.by)"
        metadata["reason"] = "\(forcing.reason)"
        log.warning("callback released by force", metadata: metadata)
    }
}

extension ReleaseRequest {
    fileprivate func query(from cursor: Cursor?, limit: Int) -> QuarantineQuery {
        QuarantineQuery(
            source: source,
            sources: sources,
            reasons: reason.map { [$0] },
            since: since,
            until: until,
            after: cursor?.after,
            isOldestFirst: true,
            limit: limit
        )
    }
}
