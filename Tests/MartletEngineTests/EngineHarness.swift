// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import MartletStoreSQLite
import MartletTesting
import MartletWire
import Synchronization
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

    /// `wrapping`: puts a faulty store around the real one.
    static func start(
        _ endpoints: [Endpoint],
        folder: URL? = nil,
        clock: ManualClock = ManualClock(),
        transport: SteeredTransport = SteeredTransport(),
        window: Int = 256,
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        wrapping: (any EventStore) -> any EventStore = { $0 }
    ) async throws -> EngineHarness {
        let folder = try folder ?? makeFolder()
        let store = wrapping(try SQLiteEventStore(path: folder.appendingPathComponent("martlet.db").path))
        let metrics = EngineMetrics(Metrics())
        let seed = UInt64.random(in: 1...UInt64.max)
        print("engine seed \(seed)")
        let dispatcher = Dispatcher(
            executor: QueueExecutor(label: "martlet.test.dispatch"),
            store: store,
            transport: transport,
            clock: clock,
            random: SeededRandom(seed: seed),
            metrics: metrics,
            log: log,
            window: window
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
            topology: topology
        )
    }

    static func endpoint(
        _ id: String,
        events: String = "*",
        schedule: [Duration] = [.seconds(5), .seconds(300)],
        maxInFlight: Int = 16
    ) -> Endpoint {
        Endpoint(
            id: EndpointID(id),
            url: "http://\(id).test/hook",
            events: [EventPattern(events)].compactMap { $0 },
            secrets: [SigningSecret(secret)],
            maxInFlight: maxInFlight,
            schedule: RetrySchedule(delays: schedule, jitter: 0.2)
        )
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
        return await withCheckedContinuation { continuation in
            service.receive(callback, at: "/hooks/plain/main") { continuation.resume(returning: $0) }
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

/// A provider whose callbacks are an order number and nothing else.
struct PlainProvider: PushProvider {
    let source = SourceID(provider: "plain", id: "main")
    let acknowledgement = Acknowledgement(body: "ok")

    func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        let number = String(decoding: callback.body, as: UTF8.self)
        if number == "forged" { return .refused(Refusal(.badSignature, "the test says so")) }
        let hex = String(
            number.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 },
            radix: 16
        )
        let id = EventID(rawValue: "evt_" + String(repeating: "0", count: 32 - hex.count) + hex)
        return .accepted(
            Event(
                id: id,
                type: number.hasPrefix("during") ? .paymentPending : .paymentPaid,
                source: source,
                finality: .final,
                merchantOrderID: number,
                receivedAt: callback.receivedAt,
                verification: Verification(method: "hmac"),
                dedupeKey: number,
                objectKey: number
            )
        )
    }

    func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        throw SampleError("the test's provider makes no samples")
    }
}

/// A transport whose endpoints each do what the test last said: answer with a status, fail, or hang.
final class SteeredTransport: Transport {
    enum Behaviour: Sendable {
        case answer(Int, retryAfter: String? = nil)
        case fail(NetworkFailure)
        case hang
    }

    struct Sent: Sendable {
        var host: String
        var attempt: Int
        var eventID: String
        var at: Timestamp
    }

    private struct State {
        var behaviours: [String: [Behaviour]] = [:]
        var sent: [Sent] = []
        var hanging: [String: [@Sendable (AttemptResult) -> Void]] = [:]
    }

    private let state = Mutex(State())
    private let clock: ManualClock?

    init(clock: ManualClock? = nil) { self.clock = clock }

    /// Each request takes the next behaviour; the last one stays.
    ///
    /// The default answers 200.
    func set(_ host: String, _ behaviours: Behaviour...) { state.withLock { $0.behaviours[host] = behaviours } }

    func sent(to host: String) -> [Sent] { state.withLock { $0.sent.filter { $0.host == host } } }
    func hangingCount(_ host: String) -> Int { state.withLock { $0.hanging[host]?.count ?? 0 } }

    /// Lets every hanging request of a host end with a status.
    func release(_ host: String, status: Int = 200) {
        let held = state.withLock { $0.hanging.removeValue(forKey: host) ?? [] }
        for completion in held { completion(ScriptedTransport.answered(status)) }
    }

    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        let host = String(request.url.dropFirst(7).prefix { $0 != "." })
        let behaviour = state.withLock { state in
            state.sent.append(
                Sent(
                    host: host,
                    attempt: Int(request.headers[first: "martlet-attempt"] ?? "") ?? 0,
                    eventID: request.headers[first: "webhook-id"] ?? "",
                    at: clock?.now() ?? Timestamp(milliseconds: 0)
                )
            )
            var list = state.behaviours[host] ?? [.answer(200)]
            let behaviour = list.count > 1 ? list.removeFirst() : list[0]
            state.behaviours[host] = list
            if case .hang = behaviour { state.hanging[host, default: []].append(completion) }
            return behaviour
        }
        switch behaviour {
        case .answer(let status, let retryAfter):
            completion(ScriptedTransport.answered(status, headers: retryAfter.map { [("Retry-After", $0)] } ?? []))
        case .fail(let failure): completion(ScriptedTransport.failed(failure))
        case .hang: break
        }
    }
}
