// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
package import MartletCore
import MartletCrypto
package import MartletRuntime
package import MartletStore
import Synchronization

/// The second half of an event's way: claim → sign → send → record, one lane for each endpoint.
///
/// An actor on a queue of its own; libcurl runs on its loops, and what other queues have to say crosses in a mailbox.
/// Deliveries come in memory right after their commit; the store is asked only for what is due later or found no place
/// in memory, and then at the moment it is due: an idle dispatcher does nothing.
package actor Dispatcher {
    /// What other queues tell the dispatcher.
    enum Message: Sendable {
        case handedOver(ClaimedDelivery)
        case pending(EndpointID, due: Timestamp)
        case claimed(EndpointID, reserved: Int, Result<ClaimedBatch, StoreError>)
        case attemptEnded(AttemptRecord, dead: OperationalEvent?)
        case roomFreed(EndpointID)
        case recorded([AttemptRecord], announced: [NewDelivery])
        case announced([NewDelivery])
    }

    /// One endpoint with its queue; belongs to the dispatcher's queue.
    final class Post {
        var signing: SigningEndpoint
        let gate: LaneGate
        var lane: Lane

        init(signing: SigningEndpoint, gate: LaneGate, lane: Lane) {
            self.signing = signing
            self.gate = gate
            self.lane = lane
        }
    }

    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let store: any EventStore
    nonisolated let transport: any Transport
    /// When things are due; never goes backwards.
    nonisolated let clock: any WallClock
    /// What signatures state.
    nonisolated let wall: any WallClock
    nonisolated let random: any RandomSource
    nonisolated let metrics: EngineMetrics
    nonisolated let log: Logger
    /// Deliveries of one endpoint that may be in memory; the rest of its backlog stays in the store.
    nonisolated let window: Int
    /// From now on attempts that end were cut off by the stop, and are not recorded.
    nonisolated let isAbandoning = Atomic<Bool>(false)
    private let mailbox: MailboxHolder

    var posts: [EndpointID: Post] = [:]
    private var configured: Set<EndpointID> = []
    private var share: FairShare<EndpointID>
    private var wake: (at: Timestamp, timer: any ScheduledTimer)?
    /// Attempts sent whose record is not on disk yet.
    private(set) var unfinished = 0
    /// Attempts that have ended and wait to be written together.
    private var gathered: [AttemptRecord] = []
    /// What is to be told of them.
    private var gatheredNews: [Capture] = []
    private var isWriteScheduled = false
    private static let recordsInOneWrite = 256
    private static let gatheringTime = DispatchTimeInterval.milliseconds(5)
    private var isStopping = false
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

    package init(
        executor: QueueExecutor,
        store: any EventStore,
        transport: any Transport,
        clock: any WallClock,
        wall: (any WallClock)? = nil,
        random: any RandomSource,
        metrics: EngineMetrics,
        log: Logger,
        window: Int = 256,
        requestsAtOnce: Int = 2048
    ) {
        self.executor = executor
        self.store = store
        self.transport = transport
        self.clock = clock
        self.wall = wall ?? clock
        self.random = random
        self.metrics = metrics
        self.log = log
        self.window = window
        share = FairShare(total: requestsAtOnce)
        mailbox = MailboxHolder()
        mailbox.open(
            Mailbox(queue: executor.queue) { [weak self] messages in
                self?.assumeIsolated { $0.receive(messages) }
            }
        )
    }

    // MARK: from other queues

    nonisolated func post(_ message: Message) { mailbox.post(message) }

    // MARK: life

    /// Starts a lane for each endpoint, as a former run left it and over what the store still owes it.
    package func start(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        let health = try await store.endpointHealth()
        let now = clock.now()
        for endpoint in endpoints {
            let latest = now + endpoint.schedule.longestPause
            let clamped = try await store.clampDue(of: endpoint.id, to: latest)
            if clamped > 0 {
                log.warning(
                    "retries were due later than any pause is long, as if the clock had been set back; brought forward",
                    metadata: ["endpoint": "\(endpoint.id)", "deliveries": "\(clamped)", "due": "\(latest.rfc3339)"]
                )
            }
        }
        return try await update(endpoints, health: health)
    }

    /// Puts changed endpoints into force, all of them or, when this throws, none.
    ///
    /// A lane whose endpoint is gone or disabled gives back what it has in memory and rests; its backlog stays in the
    /// store.
    package func update(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        try await update(endpoints, health: [:])
    }

    private func update(
        _ endpoints: [Endpoint],
        health: [EndpointID: EndpointHealth.Saved]
    ) async throws -> [Topology.Subscriber] {
        let ready = try endpoints.map { try SigningEndpoint($0) }
        for endpoint in endpoints where endpoint.ordering == .none {
            _ = try await store.endLanes(of: endpoint.id, now: clock.now())
        }
        let earliest = try await store.earliestDue()
        // From here on nothing throws and nothing waits.
        let now = clock.now()
        configured = Set(endpoints.map(\.id))
        share.set(configured)
        for (id, post) in posts where !configured.contains(id) {
            var settings = post.lane.settings
            settings.isEnabled = false
            handle(.configured(settings), for: id)
        }
        var subscribers: [Topology.Subscriber] = []
        for signing in ready {
            let endpoint = signing.endpoint
            let settings = LaneSettings(endpoint)
            let post: Post
            if let known = posts[endpoint.id] {
                post = known
                post.signing = signing
            } else {
                let restored = health[endpoint.id].map { EndpointHealth(restoring: $0, at: now) } ?? EndpointHealth()
                post = Post(
                    signing: signing,
                    gate: LaneGate(capacity: window),
                    lane: Lane(settings: settings, capacity: window, health: restored)
                )
                posts[endpoint.id] = post
            }
            handle(.configured(settings), for: endpoint.id)
            subscribers.append(Topology.Subscriber(endpoint: endpoint, gate: post.gate))
        }
        for (id, due) in earliest {
            handle(.pending(due: due), for: id)
            if !configured.contains(id) {
                log.warning(
                    "pending deliveries of an endpoint that is not configured wait in the store",
                    metadata: ["endpoint": "\(id)"]
                )
            }
        }
        rescheduleWake()
        return subscribers
    }

    /// Whether the endpoint is one of those in force.
    func isConfigured(_ id: EndpointID) -> Bool { configured.contains(id) }

    /// Makes no further attempt, and waits until those under way are recorded, or `limit` is over.
    ///
    /// What waited in memory, and what is still under way then, is still pending on disk and due at the next start: an
    /// attempt that the gateway itself cut off is made again and costs the delivery nothing.
    package func stop(within limit: Duration) async {
        isStopping = true
        wake?.timer.cancel()
        wake = nil
        writeGathered()
        defer { isAbandoning.store(true, ordering: .relaxed) }
        guard unfinished > 0 else { return }
        let timer = clock.schedule(at: clock.now() + limit, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.resumeWaiting() }
        }
        await withCheckedContinuation { waitingForEnd.append($0) }
        timer.cancel()
    }

    private func resumeWaiting() {
        for continuation in waitingForEnd { continuation.resume() }
        waitingForEnd = []
    }

    // MARK: on the queue

    private func receive(_ messages: [Message]) {
        for message in messages {
            switch message {
            case .handedOver(let delivery): handle(.handedOver(delivery), for: delivery.endpoint)
            case .pending(let id, let due): handle(.pending(due: due), for: id)
            case .claimed(let id, let reserved, let result): claimed(result, reserved: reserved, for: id)
            case .attemptEnded(let record, let dead): attemptEnded(record, dead)
            case .roomFreed(let id): handle(.roomFreed, for: id)
            case .recorded(let records, let announced):
                recorded(records)
                tellLanes(of: announced)
            case .announced(let deliveries): tellLanes(of: deliveries)
            }
        }
        rescheduleWake()
    }

    func handle(_ event: Lane.Event, for id: EndpointID) {
        guard !isStopping, let post = posts[id] else { return }
        let now = clock.now()
        let actions = post.lane.handle(event, at: now, slots: share.allowance(of: id))
        post.gate.intake = post.lane.intake(at: now)
        if post.lane.wantsSlot { share.wait(id) }
        for action in actions {
            switch action {
            case .send(let delivery):
                share.started(1, by: id)
                send(delivery, to: post.signing)
            case .claim(let limit): claim(limit, for: id, post)
            case .release(let deliveries): release(deliveries, of: id, post.gate)
            case .healthChanged(let changes): healthChanged(changes, of: id, at: now)
            }
        }
    }

    private func send(_ delivery: ClaimedDelivery, to signing: SigningEndpoint) {
        unfinished += 1
        let number = delivery.attempts + 1
        let now = wall.now()
        warnOfOverdueSecrets(of: signing, at: now)
        let request = signing.request(for: delivery, number: number, at: now, spanID: random.next())
        transport.send(request) { [self] result in
            attemptEnded(delivery, number: number, endpoint: signing.endpoint, result)
        }
    }

    /// What comes back is due as before and found again by the lane's next claim, which is behind this in the queue.
    private func release(_ deliveries: [ClaimedDelivery], of id: EndpointID, _ gate: LaneGate) {
        gate.free(deliveries.count)
        giveBack(deliveries.map(\.id), of: id)
    }

    private func claim(_ limit: Int, for id: EndpointID, _ post: Post) {
        let gate = post.gate
        let reserved = gate.reserve(limit)
        // Claiming for a place or two at a time would cost a transaction each. While others hold places there will be
        // more room soon, and whoever frees a place says so.
        guard reserved >= max(1, limit / 2) || (reserved > 0 && gate.places == reserved) else {
            gate.free(reserved)
            return handle(.noRoom, for: id)
        }
        let includesRaw = post.signing.endpoint.includeRaw
        store.claimDue(id, now: clock.now(), limit: reserved, includingRaw: includesRaw) { [self] result in
            self.post(.claimed(id, reserved: reserved, result))
        }
    }

    private func claimed(_ result: Result<ClaimedBatch, StoreError>, reserved: Int, for id: EndpointID) {
        switch result {
        case .success(let batch):
            posts[id]?.gate.free(reserved - batch.deliveries.count)
            handle(.claimed(batch), for: id)
        case .failure(let error):
            posts[id]?.gate.free(reserved)
            log.error("store gave no due deliveries", metadata: ["endpoint": "\(id)", "error": "\(error.label)"])
            handle(.claimFailed(retryAt: clock.now() + .seconds(1)), for: id)
        }
    }

    /// Frees the request for the lane's next delivery, and gathers the record for the next write.
    ///
    /// Nobody waits for a record but the next attempt and a place in the window, while a commit costs the same for one
    /// as for a hundred; so a write waits a moment for company. A crash in that moment repeats those attempts.
    private func attemptEnded(_ record: AttemptRecord, _ dead: OperationalEvent?) {
        share.ended(by: record.endpoint)
        let asked = record.result.outcome.isSuccess ? nil : RetryAfter.pause(of: record.result, now: wall.now())
        handle(.attemptEnded(record.delivery, record.result.outcome, retryAfter: asked), for: record.endpoint)
        while let next = share.next() { handle(.clockAdvanced, for: next) }
        gathered.append(record)
        if let dead { gatheredNews.append(announcement(dead)) }
        if isStopping || gathered.count >= Self.recordsInOneWrite { return writeGathered() }
        guard !isWriteScheduled else { return }
        isWriteScheduled = true
        executor.queue.asyncAfter(deadline: .now() + Self.gatheringTime) { [weak self] in
            self?.assumeIsolated { $0.writeGathered() }
        }
    }

    private func writeGathered() {
        isWriteScheduled = false
        guard !gathered.isEmpty else { return }
        let (records, news) = (gathered, gatheredNews)
        (gathered, gatheredNews) = ([], [])
        write(records, announcing: news)
    }

    private func recorded(_ records: [AttemptRecord]) {
        unfinished -= records.count
        for record in records { posts[record.endpoint]?.gate.free() }
        for id in Set(records.map(\.endpoint)) { handle(.roomFreed, for: id) }
        for record in records {
            switch record.next {
            case .retry(let due), .postponed(let due): handle(.pending(due: due), for: record.endpoint)
            // The next of its lane has become due with it.
            case .delivered, .dead: if record.lane != nil { handle(.pending(due: clock.now()), for: record.endpoint) }
            }
        }
        if isStopping, unfinished == 0 { resumeWaiting() }
    }

    private func tellLanes(of deliveries: [NewDelivery]) {
        for delivery in deliveries where delivery.state == .pending {
            handle(.pending(due: delivery.dueAt), for: delivery.endpoint)
        }
    }

    /// One timer for all lanes, set to the earliest moment that one of them waits for.
    ///
    /// It is not moved when that moment grows later, which it does with every claim: waking once too early costs less.
    func rescheduleWake() {
        guard !isStopping else { return }
        guard let earliest = posts.values.lazy.compactMap(\.lane.wakeAt).min() else {
            wake?.timer.cancel()
            wake = nil
            return
        }
        if let wake, wake.at <= earliest { return }
        wake?.timer.cancel()
        let timer = clock.schedule(at: earliest, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.wakeUp() }
        }
        wake = (earliest, timer)
    }

    private func wakeUp() {
        wake = nil
        let now = clock.now()
        for (id, post) in posts where post.lane.wakeAt.map({ $0 <= now }) ?? false {
            handle(.clockAdvanced, for: id)
        }
        rescheduleWake()
    }
}
