// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import MartletStoreSQLite
import MartletTesting
import MartletWire
import Testing

@testable import MartletEngine

/// The whole engine on a real SQLite file, with a manual clock, seeded randomness and a transport that a test steers.
struct EngineHarness {
    static let secret = Secret(text: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

    let folder: URL
    let store: any EventStore
    let clock: ManualClock
    let transport: SteeredTransport
    let dispatcher: Dispatcher
    let service: IngestService
    let topology: TopologyBox
    let faults: Faults

    /// `wall`: what signatures and news are dated by; `clock` unless given.
    static func start(
        _ endpoints: [Endpoint],
        folder: URL? = nil,
        clock: ManualClock = ManualClock(),
        wall: (any WallClock)? = nil,
        transport: SteeredTransport? = nil,
        window: Int = 256,
        requestsAtOnce: Int = 2048,
        seed: UInt64 = .random(in: 1 ... .max),
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        faults: Faults = Faults()
    ) async throws -> EngineHarness {
        let folder = try folder ?? makeFolder()
        let path = folder.appendingPathComponent("martlet.db").path
        let store = FaultyStore(base: try SQLiteEventStore(path: path, sealing: Samples.sealing), faults: faults)
        let transport = transport ?? SteeredTransport(clock: clock)
        let metrics = EngineMetrics(Metrics())
        print("engine seed \(seed)")
        let dispatcher = Dispatcher(
            executor: QueueExecutor(label: "martlet.test.dispatch"),
            store: store,
            transport: transport,
            clock: clock,
            wall: wall,
            random: SeededRandom(seed: seed),
            metrics: metrics,
            log: log,
            window: window,
            requestsAtOnce: requestsAtOnce
        )
        let subscribers = try await dispatcher.start(endpoints)
        let source = Topology.Source(provider: PlainProvider(), shop: { _ in "nordic" })
        let topology = TopologyBox(Topology(sources: [source], subscribers: subscribers))
        let service = IngestService(
            store: store,
            topology: topology,
            dispatcher: dispatcher,
            clock: clock,
            metrics: metrics,
            log: log
        )
        return EngineHarness(
            folder: folder,
            store: store,
            clock: clock,
            transport: transport,
            dispatcher: dispatcher,
            service: service,
            topology: topology,
            faults: faults
        )
    }

    static func endpoint(
        _ id: String,
        events: String = "*",
        schedule: [Duration] = [.seconds(5), .seconds(300)],
        jitter: Double = 0.2,
        maxInFlight: Int = 16,
        ratePerSecond: Double? = nil,
        ordering: DeliveryOrdering = .none
    ) -> Endpoint {
        var endpoint = Endpoint(
            id: EndpointID(id),
            url: "http://\(id).test/hook",
            events: [EventPattern(events)].compactMap { $0 },
            secrets: [SigningSecret(secret)],
            maxInFlight: maxInFlight,
            schedule: RetrySchedule(delays: schedule, jitter: jitter)
        )
        endpoint.ratePerSecond = ratePerSecond
        endpoint.ordering = ordering
        return endpoint
    }

    /// Takes in one event and waits for the provider's answer.
    @discardableResult
    func receive(order: String) async -> IngestAnswer {
        let callback = Callback(
            method: "POST",
            headers: HeaderFields(),
            body: Array(order.utf8),
            sourceAddress: .loopback,
            receivedAt: clock.now()
        )
        return await Wait.value("the answer to \(order)") { done in
            service.receive(callback, at: "/hooks/plain/main") { done($0) }
        }
    }

    func stop(keepingFolder: Bool = false) async throws {
        await dispatcher.stop(within: .zero)
        await store.close()
        if !keepingFolder { try FileManager.default.removeItem(at: folder) }
    }

    func deliveries(_ endpoint: String) async throws -> [StoredDelivery] {
        try await store.deliveries(DeliveryQuery(endpoint: EndpointID(endpoint), limit: 1000))
    }

    /// Waits until something that other queues bring about has happened; the suite's time limit ends a vain wait.
    func eventually(_ condition: () async throws -> Bool) async throws {
        while !(try await condition()) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}

/// Time that passes step by step.
extension EngineHarness {
    /// Waits until nothing moves any more but time and the endpoints: no write is under way, no record waits to be
    /// written, and every request that was sent hangs or is recorded.
    func settle() async throws {
        while true {
            try Task.checkCancellation()
            if let count = faults.settledCount {
                // Before and after: a request that ends lets the next one go, which may hang in its place.
                let hanging = transport.hangingCount
                // On the dispatcher's queue, so behind all that was posted before.
                let unfinished = await dispatcher.unfinished
                let isTimerDue = clock.nextDeadline.map { $0 <= clock.now() } ?? false
                let isSteady = unfinished == hanging && transport.hangingCount == hanging
                if faults.settledCount == count, isSteady, !isTimerDue { return }
            }
            await Task.yield()
        }
    }

    /// Lets time pass, timer by timer, with everything settled in between.
    func pass(_ span: Duration) async throws { try await pass(to: clock.now() + span) }

    func pass(to target: Timestamp) async throws {
        try await settle()
        while let deadline = clock.nextDeadline, deadline <= target {
            await clock.advance(to: deadline)
            try await settle()
        }
        await clock.advance(to: target)
        try await settle()
    }

    func standing(_ id: String) async throws -> EndpointStanding {
        try #require(await dispatcher.standings().first { $0.endpoint.id == EndpointID(id) })
    }

    /// The endpoint's deliveries in the order of their making.
    func ordered(_ id: String) async throws -> [StoredDelivery] {
        try await deliveries(id).sorted { $0.id.number < $1.id.number }
    }

    /// Ends as a crash would: what the dispatcher knows is lost, what is on disk stays.
    func crash() async { await store.close() }
}
