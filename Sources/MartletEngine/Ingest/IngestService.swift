// SPDX-License-Identifier: Apache-2.0
package import Logging
package import MartletCore
package import MartletRuntime
package import MartletStore
import Synchronization

/// What the provider is told.
package struct IngestAnswer: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// Seconds, for an answer that asks the provider to come again.
    package var retryAfter: Int?

    package init(status: Int, contentType: String = "text/plain", body: [UInt8], retryAfter: Int? = nil) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.retryAfter = retryAfter
    }

    init(_ acknowledgement: Acknowledgement) {
        self.init(status: acknowledgement.status, contentType: acknowledgement.contentType, body: acknowledgement.body)
    }

    /// A refusal's body can never be taken for an acknowledgement.
    static func rejected(_ status: Int, retryAfter: Int? = nil) -> IngestAnswer {
        IngestAnswer(status: status, body: Array("rejected".utf8), retryAfter: retryAfter)
    }
}

/// The first half of an event's way: judge → fan out → commit → acknowledge → hand over.
///
/// Called on the ingest loop's queue and never blocks it; the answer comes when the store has committed.
package final class IngestService: Sendable {
    /// One callback on its way through the service.
    struct Passage: Sendable {
        var source: Topology.Source
        var callback: Callback
        var startedAt: ContinuousClock.Instant
        /// What was found when the provider's rules asked for the callback's order.
        var order = PassageOrder.notAsked
        var respond: @Sendable (IngestAnswer) -> Void
    }

    /// The order of a callback, as it was looked up.
    enum PassageOrder: Sendable {
        case notAsked
        case unknown(String)
        /// `hasSecret`: a secret of its own, rather than the source's alone.
        case known(String, hasSecret: Bool)
    }

    let store: any EventStore
    let topology: TopologyBox
    let dispatcher: Dispatcher
    /// The dispatcher's: what is due goes by it.
    let clock: any WallClock
    let metrics: EngineMetrics
    let log: Logger
    let refusals = Mutex(RefusalWatch())
    let hinted: @Sendable (Hint) -> Void
    let doubted: @Sendable (SourceID, String) -> Void
    let changes: ChangeFeed
    /// When anything last came to a source's hook.
    private let lastCallbacks = Mutex<[SourceID: Timestamp]>([:])

    /// `hinted`: called with each hint once it is stored.
    ///
    /// `doubted`: called with the order that a refused callback names.
    ///
    /// `changes`: told of what was stored.
    package init(
        store: any EventStore,
        topology: TopologyBox,
        dispatcher: Dispatcher,
        clock: any WallClock,
        metrics: EngineMetrics,
        log: Logger,
        changes: ChangeFeed = ChangeFeed(),
        hinted: @escaping @Sendable (Hint) -> Void = { _ in },
        doubted: @escaping @Sendable (SourceID, String) -> Void = { _, _ in }
    ) {
        self.store = store
        self.topology = topology
        self.dispatcher = dispatcher
        self.clock = clock
        self.metrics = metrics
        self.log = log
        self.changes = changes
        self.hinted = hinted
        self.doubted = doubted
    }

    /// Takes one request at a source's hook.
    ///
    /// `path`: the request's path without its query.
    /// `respond`: called exactly once, on any queue.
    package func receive(
        _ callback: Callback,
        at path: String,
        respond: @escaping @Sendable (IngestAnswer) -> Void
    ) {
        guard let source = topology.current.source(at: path) else {
            metrics.ingestRequests.increment(["-", "-", "unknown_source"])
            return respond(.rejected(404))
        }
        lastCallbacks.withLock { $0[source.provider.source] = callback.receivedAt }
        let passage = Passage(source: source, callback: callback, startedAt: .now, respond: respond)
        act(on: source.provider.judge(callback, order: .notAsked), passage)
    }

    /// When anything last came to the source's hook since the service began, whatever became of it.
    package func lastCallback(to source: SourceID) -> Timestamp? { lastCallbacks.withLock { $0[source] } }

    private func act(on judgement: Judgement, _ passage: Passage) {
        switch judgement {
        case .accepted(let event): capture(event, passage)
        case .hint(let hint): keep(hint, passage)
        case .refused(let refusal): refuse(refusal, passage)
        case .needsOrder(let id): lookUpOrder(id, passage)
        }
    }

    private func capture(_ proven: Event, _ passage: Passage) {
        let event = proven.routed(to: passage.source.shop(proven.merchantOrderID))
        let plan = FanOut.plan(event, for: topology.current.subscribers, at: clock.now())
        let capture = Capture(
            event: event,
            envelope: EventEnvelope.render(event),
            raw: RawCallback.render(passage.callback),
            deliveries: plan.deliveries,
            trace: TraceContext(passage.callback.headers)
        )
        let handedAt = ContinuousClock.now
        store.capture(capture) { [self] result in
            metrics.commitSeconds.observe(ContinuousClock.now - handedAt)
            switch result {
            case .success(let outcome):
                committed(capture, plan, outcome)
                watch(.accepted, capture.event.source)
                answer(passage, with: .init(passage.source.provider.acknowledgement), outcome: Self.label(of: outcome))
            case .failure(let error):
                dispatcher.release(plan)
                unavailable(error, passage)
            }
        }
    }

    /// What must happen in memory once the event is on disk.
    func committed(_ capture: Capture, _ plan: FanOut.Plan, _ outcome: CaptureOutcome) {
        let event = capture.event
        if outcome != .duplicate { capture.reportOddities(to: log) }
        guard case .stored(let ids) = outcome else {
            if outcome != .duplicate { noteStored(event) }
            return dispatcher.release(plan)
        }
        noteStored(event)
        dispatcher.committed(capture, plan: plan, ids: ids)
    }

    private func noteStored(_ event: Event) {
        metrics.count(event)
        changes.post(.events)
    }

    private func keep(_ hint: Hint, _ passage: Passage) {
        store.keep(KeptHint(hint: hint, callback: passage.callback)) { [self] result in
            switch result {
            case .success:
                watch(.accepted, hint.source)
                answer(passage, with: .init(passage.source.provider.acknowledgement), outcome: "hint")
                hinted(hint)
            case .failure(let error): unavailable(error, passage)
            }
        }
    }

    private func lookUpOrder(_ id: String, _ passage: Passage) {
        // The store's own queue does the reading; the loop goes on meanwhile.
        Task { [self] in
            do throws(StoreError) {
                let order = try await store.order(of: passage.source.provider.source, objectID: id)
                let lookup = order.map(OrderLookup.known) ?? .unknown
                var passage = passage
                passage.order = order.map { .known(id, hasSecret: $0.ipnSecret != nil) } ?? .unknown(id)
                let judgement = passage.source.provider.judge(passage.callback, order: lookup)
                guard case .needsOrder = judgement else { return act(on: judgement, passage) }
                refuse(Refusal(.misconfigured, "the provider asked twice for the same order"), passage)
            } catch {
                unavailable(error, passage)
            }
        }
    }

    private static func label(of outcome: CaptureOutcome) -> String {
        switch outcome {
        case .stored: "accepted"
        case .withheld(let flags): flags.first { $0.withholdsDelivery }?.rawValue ?? "withheld"
        case .duplicate: "duplicate"
        }
    }
}
