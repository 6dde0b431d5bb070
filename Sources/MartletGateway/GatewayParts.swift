// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import MartletAdmin
import MartletConfig
import MartletCore
import MartletDelivery
import MartletEngine
import MartletNet
import MartletProviders
import MartletRuntime
import MartletStore
import MartletStoreSQLite
import Synchronization

/// The parts of a gateway, made but not started, and how they stop.
struct GatewayParts: Sendable {
    /// One loop for each kind of work, so that none waits for another.
    private struct Loops: Sendable {
        let ingest: EventLoop
        let delivery: [EventLoop]
        let admin: EventLoop

        init() throws(SystemError) {
            ingest = try EventLoop(label: "martlet.ingest.loop")
            admin = try EventLoop(label: "martlet.admin.loop")
            var delivery: [EventLoop] = []
            for number in 0..<Self.deliveryLoops {
                delivery.append(try EventLoop(label: "martlet.delivery.loop.\(number)"))
            }
            self.delivery = delivery
        }

        /// One for each core, and no more than four: beyond that the store is what limits.
        private static var deliveryLoops: Int { max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

        func shutDown() async {
            await ingest.shutDown()
            for loop in delivery { await loop.shutDown() }
            await admin.shutDown()
        }
    }

    let store: any EventStore
    let dispatcher: Dispatcher
    let topology: TopologyBox
    let endpoints: EndpointRegistry
    let pruner: Pruner
    let watcher: Watcher
    let sweeper: Sweeper
    let replayer: Replayer
    let sources: SourceBook
    let adminService: AdminService
    let ingestHandler: IngestHandler
    let service: IngestService
    let ingest: HTTPListener
    let admin: HTTPListener
    /// What providers are asked through.
    let providers: ProviderTransport
    private let transport: SpreadTransport
    private let loops: Loops

    init(
        _ configuration: Configuration,
        log: Logger,
        clock: any WallClock,
        schedule: any WallClock,
        random: any RandomSource,
        programs: any ProgramRunner
    ) async throws {
        let loops = try Loops()
        let sealing = SealerBox(configuration.secretBox)
        let store: any EventStore
        do {
            store = try Self.openStore(configuration.store, sealing)
        } catch {
            await loops.shutDown()
            throw error
        }
        let metrics = Metrics()
        let engineMetrics = EngineMetrics(metrics)
        let changes = ChangeFeed()
        transport = SpreadTransport(loops.delivery.map { CurlTransport(loop: $0, clock: clock) })
        providers = ProviderTransport(transport, proxy: configuration.delivery.proxy)
        dispatcher = Dispatcher(
            executor: loops.delivery[0].executor,
            store: store,
            transport: transport,
            clock: schedule,
            wall: clock,
            random: random,
            metrics: engineMetrics,
            log: log,
            changes: changes,
            requestsAtOnce: Self.requestsAtOnce
        )
        topology = TopologyBox(Topology(sources: [], subscribers: []))
        endpoints = EndpointRegistry(
            store: store,
            dispatcher: dispatcher,
            topology: topology,
            sealing: sealing,
            wall: clock,
            schedule: schedule,
            configuration: configuration,
            log: log
        )
        pruner = Pruner(
            store: store,
            clock: clock,
            topology: topology,
            retention: configuration.engineRetention,
            log: log
        )
        let late = LateWatcher()
        let service = IngestService(
            store: store,
            topology: topology,
            dispatcher: dispatcher,
            clock: schedule,
            metrics: engineMetrics,
            log: log,
            changes: changes,
            hinted: { hint in late.watcher.withLock { $0 }?.hinted(hint) },
            doubted: { source, order in late.watcher.withLock { $0 }?.doubted(source, order) }
        )
        let watcher = Watcher(
            executor: QueueExecutor(label: "martlet.watch"),
            store: store,
            dispatcher: dispatcher,
            topology: topology,
            tools: PollTools(transport: providers, programs: programs),
            clock: schedule,
            wall: clock,
            metrics: engineMetrics,
            log: log,
            registered: { await service.orderRegistered($0, of: $1) }
        )
        late.watcher.withLock { $0 = watcher }
        sweeper = Sweeper(
            executor: QueueExecutor(label: "martlet.sweep"),
            store: store,
            watcher: watcher,
            tools: PollTools(transport: providers, programs: programs),
            clock: schedule,
            wall: clock,
            metrics: metrics,
            log: log
        )
        replayer = Replayer(
            executor: QueueExecutor(label: "martlet.replay"),
            store: store,
            dispatcher: dispatcher,
            topology: topology,
            clock: schedule,
            wall: clock,
            log: log,
            changes: changes
        )
        sources = SourceBook(service: service)
        let adminService = AdminService(
            store: store,
            control: dispatcher,
            endpoints: endpoints,
            quarantine: service,
            watches: watcher,
            sweeps: sweeper,
            orders: watcher,
            replays: replayer,
            sources: sources,
            keys: configuration.adminKeys,
            metrics: metrics,
            changes: changes,
            activity: Activity(
                stored: engineMetrics.stored,
                callbacks: engineMetrics.ingestRequests,
                attempts: engineMetrics.attempts
            ),
            clock: clock,
            schedule: schedule,
            log: log
        )
        let ingestHandler = IngestHandler(
            service: service,
            trustedProxies: configuration.ingest.trustedProxies,
            clock: clock
        )
        admin = HTTPListener(
            loop: loops.admin,
            address: configuration.admin.listen.address,
            limits: HTTPLimits(),
            handler: { adminService.handle($0, $1) }
        )
        ingest = HTTPListener(
            loop: loops.ingest,
            address: configuration.ingest.listen.address,
            limits: configuration.ingestLimits,
            refused: { status, peer in
                engineMetrics.ingestRequests.increment(["-", "-", "http_\(status)"])
                // A sender whose callbacks are too large loses them all; junk from strangers is only counted.
                let isTooLarge = status == 413 || status == 431
                log.log(
                    level: isTooLarge ? .warning : .debug,
                    "request refused by the listener",
                    metadata: ["status": .stringConvertible(status), "address": .string(peer.description)]
                )
            },
            handler: { ingestHandler.handle($0, $1) }
        )
        self.store = store
        self.watcher = watcher
        self.loops = loops
        self.adminService = adminService
        self.ingestHandler = ingestHandler
        self.service = service
    }

    /// Requests under way to all endpoints together: half of the descriptors that the process may have, since callbacks
    /// need the others.
    private static var requestsAtOnce: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        return Int(max(64, min(2048, limit.rlim_cur / 2)))
    }

    /// Stops everything in the reverse order of the start; harmless for parts that never started.
    func stop(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        func remaining(_ share: Duration = .seconds(3600)) -> Duration {
            max(.zero, min(share, end - ContinuousClock.now))
        }
        adminService.setReady(false)
        await pruner.stop()
        await endpoints.stop()
        // Requests that run wait for one commit each; most of the time belongs to the attempts under way.
        await ingest.drain(within: remaining(limit / 3))
        await sweeper.stop()
        await replayer.stop()
        await watcher.stop(within: remaining(limit / 4))
        await dispatcher.stop(within: remaining())
        await transport.shutDown()
        await admin.drain(within: remaining(.milliseconds(500)))
        await store.close()
        await loops.shutDown()
    }

    private static func openStore(_ setting: Configuration.Store, _ sealing: SealerBox) throws -> any EventStore {
        switch setting {
        case .sqlite(let path): try SQLiteEventStore(path: path, sealing: sealing)
        case .postgres:
            throw StoreError.cannotOpen("PostgreSQL is not available in this version; use \"sqlite:PATH\"")
        }
    }
}

/// The service tells the watcher of hints and the watcher tells the service of orders; one of them must come later.
private final class LateWatcher: Sendable {
    let watcher = Mutex<Watcher?>(nil)
}
