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
/// It shares the queue of a delivery loop, so that an attempt's end leads to the next one without waking another thread:
/// measured, a tenth less work for each delivery. What other queues have to say crosses in a mailbox.
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
    /// Told of what was recorded.
    nonisolated let changes: ChangeFeed
    /// Deliveries of one endpoint that may be in memory; the rest of its backlog stays in the store.
    nonisolated let window: Int
    /// From now on attempts that end were cut off by the stop, and are not recorded.
    nonisolated let isAbandoning = Atomic<Bool>(false)
    private let mailbox: MailboxHolder

    var posts: [EndpointID: Post] = [:]
    var configured: Set<EndpointID> = []
    var share: FairShare
    private var wake = WakeTimer()
    /// Attempts sent whose record is not on disk yet.
    var unfinished = 0
    /// Attempts that have ended and wait to be written together.
    var gathered: [AttemptRecord] = []
    /// What is to be told of them.
    var gatheredNews: [Capture] = []
    var isWriteScheduled = false
    static let recordsInOneWrite = 256
    static let gatheringTime = DispatchTimeInterval.milliseconds(5)
    var isStopping = false
    var testsUnderWay = 0
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
        changes: ChangeFeed = ChangeFeed(),
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
        self.changes = changes
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

    /// Makes no further attempt, and waits until those under way are recorded, or `limit` is over.
    ///
    /// What waited in memory, and what is still under way then, is still pending on disk and due at the next start: an
    /// attempt that the gateway itself cut off is made again and costs the delivery nothing.
    package func stop(within limit: Duration) async {
        isStopping = true
        wake.cancel()
        writeGathered()
        defer { isAbandoning.store(true, ordering: .relaxed) }
        guard unfinished > 0 else { return }
        let timer = clock.schedule(at: clock.now() + limit, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.resumeWaiting() }
        }
        await withCheckedContinuation { waitingForEnd.append($0) }
        timer.cancel()
    }

    func resumeWaiting() {
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
        post.gate.knownDue = post.lane.knownDue
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

    /// One timer for all lanes, set to the earliest moment that one of them waits for.
    func rescheduleWake() {
        guard !isStopping else { return }
        wake.set(to: posts.values.lazy.compactMap(\.lane.wakeAt).min(), by: clock, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.wakeUp() }
        }
    }

    private func wakeUp() {
        wake.fired()
        let now = clock.now()
        for (id, post) in posts where post.lane.wakeAt.map({ $0 <= now }) ?? false {
            handle(.clockAdvanced, for: id)
        }
        rescheduleWake()
    }
}
