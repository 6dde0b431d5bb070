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
        case attemptEnded(AttemptRecord)
        case roomFreed(EndpointID)
        case recorded([AttemptRecord])
    }

    /// One endpoint with its queue.
    struct Post {
        var signing: SigningEndpoint
        var gate: LaneGate
        var lane: Lane
        /// Given back by the lane; they keep their places and answer its next claims.
        var released: [ClaimedDelivery] = []
    }

    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let store: any EventStore
    nonisolated let transport: any Transport
    nonisolated let clock: any WallClock
    nonisolated let random: any RandomSource
    nonisolated let metrics: EngineMetrics
    nonisolated let log: Logger
    /// Deliveries of one endpoint that may be in memory; the rest of its backlog stays in the store.
    nonisolated let window: Int
    /// From now on attempts that end were cut off by the stop, and are not recorded.
    nonisolated let isAbandoning = Atomic<Bool>(false)
    private let mailbox: MailboxHolder

    var posts: [EndpointID: Post] = [:]
    private var wake: (at: Timestamp, timer: any ScheduledTimer)?
    /// Attempts sent whose record is not on disk yet.
    private var unfinished = 0
    /// Attempts that have ended and wait to be written together.
    private var gathered: [AttemptRecord] = []
    private var isWriteScheduled = false
    private static let recordsInOneWrite = 128
    private static let gatheringTime = DispatchTimeInterval.milliseconds(3)
    private var isStopping = false
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

    package init(
        executor: QueueExecutor,
        store: any EventStore,
        transport: any Transport,
        clock: any WallClock,
        random: any RandomSource,
        metrics: EngineMetrics,
        log: Logger,
        window: Int = 256
    ) {
        self.executor = executor
        self.store = store
        self.transport = transport
        self.clock = clock
        self.random = random
        self.metrics = metrics
        self.log = log
        self.window = window
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

    /// Starts a lane for each endpoint, over what the store still owes it.
    package func start(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        return try await update(endpoints)
    }

    /// Puts changed endpoints into force, all of them or, when this throws, none.
    ///
    /// A lane whose endpoint is gone or disabled sends what it has in memory and then rests; its backlog stays in the
    /// store.
    package func update(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        let ready = try endpoints.map { try SigningEndpoint($0) }
        let earliest = try await store.earliestDue()
        // From here on nothing throws and nothing waits.
        var subscribers: [Topology.Subscriber] = []
        for (id, post) in posts where !endpoints.contains(where: { $0.id == id }) {
            var settings = post.lane.settings
            settings.isEnabled = false
            handle(.configured(settings), for: id)
        }
        for signing in ready {
            let endpoint = signing.endpoint
            let gate = posts[endpoint.id]?.gate ?? LaneGate(capacity: window)
            let settings = LaneSettings(endpoint)
            let lane = posts[endpoint.id]?.lane ?? Lane(settings: settings, capacity: window)
            posts[endpoint.id] = Post(
                signing: signing,
                gate: gate,
                lane: lane,
                released: posts[endpoint.id]?.released ?? []
            )
            handle(.configured(settings), for: endpoint.id)
            subscribers.append(Topology.Subscriber(endpoint: endpoint, gate: gate))
        }
        for (id, due) in earliest {
            if posts[id] != nil { handle(.pending(due: due), for: id) }
            if !endpoints.contains(where: { $0.id == id }) {
                log.warning(
                    "pending deliveries of an endpoint that is not configured wait in the store",
                    metadata: ["endpoint": "\(id)"]
                )
            }
        }
        rescheduleWake()
        return subscribers
    }

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
            case .attemptEnded(let record): attemptEnded(record)
            case .roomFreed(let id): handle(.roomFreed, for: id)
            case .recorded(let records): recorded(records)
            }
        }
        rescheduleWake()
    }

    private func handle(_ event: Lane.Event, for id: EndpointID) {
        // In place: a copy of the lane would copy its queue with the first change.
        let now = clock.now()
        guard !isStopping, let actions = posts[id]?.lane.handle(event, at: now), let post = posts[id] else { return }
        post.gate.intake = post.lane.intake(at: now)
        for action in actions {
            switch action {
            case .send(let delivery): send(delivery, to: post.signing)
            case .claim(let limit): claim(limit, for: id, post.gate, includesRaw: post.signing.endpoint.includeRaw)
            case .release(let deliveries): posts[id]?.released.append(contentsOf: deliveries)
            case .healthChanged(let changes):
                log.notice("endpoint's health changed", metadata: ["endpoint": "\(id)", "changes": "\(changes)"])
            }
        }
    }

    private func send(_ delivery: ClaimedDelivery, to signing: SigningEndpoint) {
        unfinished += 1
        let number = delivery.attempts + 1
        let now = clock.now()
        warnOfOverdueSecrets(of: signing, at: now)
        let request = signing.request(for: delivery, number: number, at: now, spanID: random.next())
        transport.send(request) { [self] result in
            attemptEnded(delivery, number: number, endpoint: signing.endpoint, result)
        }
    }

    private func claim(_ limit: Int, for id: EndpointID, _ gate: LaneGate, includesRaw: Bool) {
        if let released = posts[id]?.released, !released.isEmpty {
            posts[id]?.released.removeFirst(min(limit, released.count))
            let batch = ClaimedBatch(deliveries: Array(released.prefix(limit)), nextDue: clock.now())
            return handle(.claimed(batch), for: id)
        }
        let reserved = gate.reserve(limit)
        // Claiming for a place or two at a time would cost a transaction each. While others hold places there will be
        // more room soon, and whoever frees a place says so.
        guard reserved >= max(1, limit / 2) || (reserved > 0 && gate.places == reserved) else {
            gate.free(reserved)
            return handle(.noRoom, for: id)
        }
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
    private func attemptEnded(_ record: AttemptRecord) {
        let asked = RetryAfter.pause(of: record.result, now: clock.now())
        handle(.attemptEnded(record.delivery, record.result.outcome, retryAfter: asked), for: record.endpoint)
        gathered.append(record)
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
        let records = gathered
        gathered = []
        write(records)
    }

    private func recorded(_ records: [AttemptRecord]) {
        unfinished -= records.count
        for record in records { posts[record.endpoint]?.gate.free() }
        for id in Set(records.map(\.endpoint)) { handle(.roomFreed, for: id) }
        for record in records {
            switch record.next {
            case .retry(let due), .postponed(let due): handle(.pending(due: due), for: record.endpoint)
            case .delivered, .dead: break
            }
        }
        if isStopping, unfinished == 0 { resumeWaiting() }
    }

    /// One timer for all lanes, set to the earliest moment that one of them waits for.
    private func rescheduleWake() {
        guard !isStopping else { return }
        let earliest = posts.values.compactMap(\.lane.wakeAt).min()
        guard earliest != wake?.at else { return }
        wake?.timer.cancel()
        wake = earliest.map { moment in
            let timer = clock.schedule(at: moment, on: executor.queue) { [weak self] in
                self?.assumeIsolated { $0.wakeUp() }
            }
            return (moment, timer)
        }
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
