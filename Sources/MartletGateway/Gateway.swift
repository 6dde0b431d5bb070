// SPDX-License-Identifier: Apache-2.0
package import Logging
import MartletAdmin
package import MartletConfig
import MartletCore
import MartletDelivery
import MartletEngine
package import MartletNet
package import MartletRuntime
package import MartletStore
import MartletStoreSQLite

/// A running gateway: the one place where the parts are put together, started in order and stopped in reverse.
package final class Gateway: Sendable {
    /// Where callbacks come in; the port is the real one.
    package let ingestAddress: ListenAddress
    /// Where operators ask; the port is the real one.
    package let adminAddress: ListenAddress
    package let store: any EventStore

    private let loops: Loops
    private let ingest: HTTPListener
    private let admin: HTTPListener
    private let adminService: AdminService
    private let topology: TopologyBox
    private let dispatcher: Dispatcher
    private let transport: CurlTransport
    private let pruner: Pruner
    private let log: Logger

    /// One loop for each kind of work, so that none waits for another.
    private struct Loops: Sendable {
        let ingest: EventLoop
        let delivery: EventLoop
        let admin: EventLoop

        init() throws(SystemError) {
            ingest = try EventLoop(label: "martlet.ingest.loop")
            delivery = try EventLoop(label: "martlet.delivery.loop")
            admin = try EventLoop(label: "martlet.admin.loop")
        }

        func shutDown() async {
            await ingest.shutDown()
            await delivery.shutDown()
            await admin.shutDown()
        }
    }

    /// Opens the store, recovers what a former run left, and starts delivering, then listening.
    ///
    /// - Throws: `StoreError`, `ListenError` or `SystemError` whose text says what to do; nothing is left running.
    package init(
        _ configuration: Configuration,
        log: Logger,
        clock: any WallClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) async throws {
        let store = try Self.openStore(configuration.store)
        do {
            let metrics = Metrics()
            let engineMetrics = EngineMetrics(metrics)
            let loops = try Loops()
            let transport = CurlTransport(loop: loops.delivery, clock: clock)
            let dispatcher = Dispatcher(
                executor: loops.delivery.executor,
                store: store,
                transport: transport,
                clock: clock,
                random: random,
                metrics: engineMetrics,
                log: log
            )
            let subscribers = try await dispatcher.start(configuration.endpoints)
            let topology = TopologyBox(Topology(sources: configuration.pushingSources, subscribers: subscribers))
            let service = IngestService(
                store: store,
                topology: topology,
                dispatcher: dispatcher,
                metrics: engineMetrics,
                log: log
            )
            let pruner = Pruner(store: store, clock: clock, retention: configuration.engineRetention, log: log)
            await pruner.start()

            let adminService = AdminService(store: store, metrics: metrics, clock: clock, log: log)
            let admin = HTTPListener(
                loop: loops.admin,
                address: configuration.admin.listen.address,
                limits: HTTPLimits(),
                handler: { adminService.handle($0, $1) }
            )
            let handler = IngestHandler(
                service: service,
                trustedProxies: configuration.ingest.trustedProxies,
                clock: clock
            )
            let ingest = HTTPListener(
                loop: loops.ingest,
                address: configuration.ingest.listen.address,
                limits: configuration.ingestLimits,
                handler: { handler.handle($0, $1) }
            )
            adminAddress = try await admin.start()
            ingestAddress = try await ingest.start()

            self.store = store
            self.loops = loops
            self.ingest = ingest
            self.admin = admin
            self.adminService = adminService
            self.topology = topology
            self.dispatcher = dispatcher
            self.transport = transport
            self.pruner = pruner
            self.log = log
        } catch {
            await store.close()
            throw error
        }
    }

    /// Connections to the ingest listener that are open right now.
    package var openIngestConnections: Int { get async { await ingest.openConnections } }

    /// Puts a changed configuration into force. Sources and endpoints change at once; what was bound or opened at the
    /// start stays until a restart, and the log names it.
    package func reload(_ configuration: Configuration, from old: Configuration) async throws {
        let subscribers = try await dispatcher.update(configuration.endpoints)
        topology.exchange(Topology(sources: configuration.pushingSources, subscribers: subscribers))
        await pruner.update(configuration.engineRetention)
        let waiting = configuration.changesNeedingRestart(from: old)
        if !waiting.isEmpty {
            log.warning("some changes need a restart", metadata: ["keys": "\(waiting.joined(separator: ", "))"])
        }
    }

    /// Stops taking callbacks, finishes what runs, records it, and closes the store; no longer than about `limit`.
    package func stop(within limit: Duration = .seconds(20)) async {
        adminService.startDraining()
        await pruner.stop()
        await ingest.drain(within: limit)
        await dispatcher.stop(within: limit)
        await transport.shutDown()
        await admin.drain(within: .seconds(1))
        await store.close()
        await loops.shutDown()
    }

    private static func openStore(_ setting: Configuration.Store) throws -> any EventStore {
        switch setting {
        case .sqlite(let path): try SQLiteEventStore(path: path)
        case .postgres:
            throw StoreError.cannotOpen("PostgreSQL is not available in this version; use \"sqlite:PATH\"")
        }
    }
}
