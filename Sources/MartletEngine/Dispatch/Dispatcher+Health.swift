// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime
package import MartletStore
import MartletWire

/// What becomes of endpoints: kept on disk, announced, and changed by operators.
extension Dispatcher {
    /// Writes the endpoint's row and tells subscribers, in one transaction.
    func healthChanged(_ changes: [HealthChange], of id: EndpointID, at now: Timestamp) {
        guard let post = posts[id] else { return }
        var announcements: [Capture] = []
        var notes: [NewAuditEntry] = []
        for change in changes {
            logChange(change, of: id)
            if let note = auditNote(of: change, id) { notes.append(note) }
            if let news = news(of: change, id, post.lane.health) {
                announcements.append(announcement(OperationalEvent(news: news, at: wall.now())))
            }
        }
        save(id, announcing: announcements, noting: notes)
    }

    /// Disables an endpoint by hand; false if it was disabled already, nil if there is none of that name.
    ///
    /// What waits for it stays pending; what comes meanwhile is skipped.
    package func disable(_ id: EndpointID) -> Bool? {
        guard let post = posts[id], isConfigured(id) else { return nil }
        let wasDisabled = post.lane.health.disabled != nil
        handle(.disabledByOperator, for: id)
        rescheduleWake()
        return !wasDisabled
    }

    /// Enables an endpoint that was disabled by hand, by 410 or after five days; nil if there is none of that name.
    ///
    /// Its backlog flows slowly at first.
    /// - Returns: false if it was not disabled, or is by the configuration.
    package func enable(_ id: EndpointID) -> Bool? {
        guard let post = posts[id], isConfigured(id) else { return nil }
        let wasDisabled = post.lane.health.disabled != nil
        handle(.enabledByOperator, for: id)
        rescheduleWake()
        return wasDisabled
    }

    /// How each configured endpoint is doing.
    package func standings() -> [EndpointStanding] {
        let now = clock.now()
        return posts.filter { isConfigured($0.key) }
            .map { id, post in
                EndpointStanding(
                    endpoint: post.signing.endpoint,
                    state: post.lane.state(at: now),
                    health: post.lane.health.saved(at: now),
                    waitingInMemory: post.lane.waiting,
                    inFlight: post.lane.inFlight,
                    heldUntil: post.lane.heldUntil.flatMap { $0 > now ? $0 : nil }
                )
            }
            .sorted { $0.endpoint.id < $1.endpoint.id }
    }

    /// Makes a delivery due now, as an operator asks.
    ///
    /// The endpoint's breaker, if it is open, lets one request go at once; its limits hold.
    package func retry(_ id: DeliveryID) async throws(StoreError) -> RetryOutcome {
        let outcome = try await store.retry(id, now: clock.now())
        if case .due(let endpoint) = outcome {
            handle(.pending(due: clock.now()), for: endpoint)
            handle(.nudged, for: endpoint)
            rescheduleWake()
        }
        changes.post(.deliveries([id]))
        return outcome
    }

    /// Ends a pending delivery, as an operator asks.
    package func cancel(_ id: DeliveryID) async throws(StoreError) -> CancelOutcome {
        let outcome = try await store.cancel(id, now: clock.now())
        if case .cancelled(let endpoint) = outcome {
            handle(.pending(due: clock.now()), for: endpoint)
            rescheduleWake()
        }
        changes.post(.deliveries([id]))
        return outcome
    }

    /// Removes what an event says of people, as an operator asks; with `cancellingPending` its waiting deliveries end.
    package func expunge(
        _ id: EventID,
        _ note: Expungement,
        cancellingPending: Bool
    ) async throws(StoreError) -> ExpungeOutcome {
        let outcome = try await store.expunge(
            id,
            note,
            cancellingPending: cancellingPending,
            now: clock.now()
        )
        if case .expunged(_, let endpoints, _) = outcome {
            // The next delivery of a lane may have become due.
            for endpoint in endpoints { handle(.pending(due: clock.now()), for: endpoint) }
            rescheduleWake()
        }
        return outcome
    }

    /// Makes what was skipped while the endpoint was disabled pending, in portions; returns how many there were.
    package func offerSkipped(of id: EndpointID) async throws(OfferCutShort) -> Int {
        var offered = 0
        var last: DeliveryID?
        while let shops = posts[id]?.signing.endpoint.shops {
            let portion: SkippedOffer
            do throws(StoreError) {
                portion = try await store.offerSkipped(of: id, shops: shops, after: last, now: clock.now(), limit: 200)
            } catch {
                throw OfferCutShort(offered: offered, cause: error)
            }
            offered += portion.offered
            last = portion.last
            if portion.offered > 0 { handle(.pending(due: clock.now()), for: id) }
            rescheduleWake()
            if last == nil { break }
        }
        return offered
    }

    /// An operational event with a delivery for each endpoint that subscribes to it.
    ///
    /// All go by way of the store: they are few, and what they tell of is being written at the same time.
    func announcement(_ news: OperationalEvent) -> Capture {
        let event = news.event
        // Dated by the wall clock, due by the other.
        let now = clock.now()
        let subscribers = posts.values.filter {
            isConfigured($0.signing.endpoint.id) && $0.signing.endpoint.wants(event)
        }
        let deliveries = subscribers.map { post in
            let isDisabled = post.lane.state(at: now) == .disabled
            return NewDelivery(
                endpoint: post.signing.endpoint.id,
                state: isDisabled ? .skipped : .pending,
                dueAt: now,
                body: post.signing.endpoint.shape?.render(event)
            )
        }
        return Capture(
            event: event,
            envelope: news.envelope(of: event),
            raw: Array("null".utf8),
            deliveries: deliveries.sorted { $0.endpoint < $1.endpoint }
        )
    }

    private func news(of change: HealthChange, _ id: EndpointID, _ health: EndpointHealth) -> OperationalEvent.News? {
        switch change {
        case .disabled(let reason): .endpointDisabled(id, reason, failingSince: health.failingSince)
        case .recovered(let since): .endpointRecovered(id, failingSince: since)
        case .breakerOpened, .probeFailed, .breakerClosed, .drained, .enabled, .noteChanged: nil
        }
    }

    /// What an operator does has its line already, with the operator's name.
    private func auditNote(of change: HealthChange, _ id: EndpointID) -> NewAuditEntry? {
        guard case .disabled(let reason) = change, reason != .byOperator else { return nil }
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        json.member("reason", reason.rawValue)
        json.endObject()
        let detail = String(decoding: json.bytes, as: UTF8.self)
        return .ofGateway("endpoint.disabled", object: id.rawValue, detail: detail, at: wall.now())
    }

    private func logChange(_ change: HealthChange, of id: EndpointID) {
        if change == .noteChanged { return }
        let level: Logger.Level = if case .disabled = change { .error } else { .notice }
        let metadata: Logger.Metadata = ["endpoint": "\(id)", "change": "\(change.label)"]
        log.log(level: level, "endpoint's health changed", metadata: metadata)
    }

    /// Writes until it is written, always what holds at that moment.
    private func save(_ id: EndpointID, announcing announcements: [Capture], noting notes: [NewAuditEntry]) {
        guard let post = posts[id] else { return }
        let health = post.lane.health.saved(at: clock.now())
        store.save(health, of: id, announcing: announcements, noting: notes) { [self] result in
            switch result {
            case .success:
                self.post(.announced(announcements.flatMap(\.deliveries)))
                changes.post(.endpoint(id))
                if !announcements.isEmpty { changes.post(.events) }
            case .failure(.closed): break
            case .failure(let error):
                log.error(
                    "endpoint's health not written, trying again",
                    metadata: ["endpoint": "\(id)", "error": "\(error.label)", "detail": "\(error)"]
                )
                _ = clock.schedule(at: clock.now() + .seconds(1), on: executor.queue) { [weak self] in
                    self?.assumeIsolated { $0.save(id, announcing: announcements, noting: notes) }
                }
            }
        }
    }
}
