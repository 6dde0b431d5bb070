// SPDX-License-Identifier: Apache-2.0
package import Logging
import MartletAdmin
package import MartletConfig
package import MartletCore
import MartletEngine
package import MartletNet
import MartletProviders
package import MartletRuntime
package import MartletStore
import Synchronization

/// A running gateway: the one place where the parts are put together, started in order and stopped in reverse.
package final class Gateway: Sendable {
    /// Where callbacks come in; the port is the real one.
    package let ingestAddress: ListenAddress
    /// Where operators ask; the port is the real one.
    package let adminAddress: ListenAddress
    /// The configuration that the gateway was started with; some of its settings stay until a restart.
    private let started: Configuration
    private let parts: GatewayParts
    private let log: Logger

    package var store: any EventStore { parts.store }

    /// Opens the store and both listeners, recovers what a former run left, then takes callbacks and delivers.
    ///
    /// Until the last step the ingest listener answers 503: nothing is taken in, and nothing sent, by a gateway that
    /// could not start.
    ///
    /// `clock`: dates what people see. `schedule`: says what is due; by default it starts with `clock` and never jumps.
    /// `programs`: what providers that are programs are run with.
    ///
    /// - Throws: `StoreError`, `ListenError` or `SystemError` whose text says what to do; nothing is left running.
    package init(
        _ configuration: Configuration,
        log: Logger,
        clock: any WallClock = SystemClock(),
        schedule: (any WallClock)? = nil,
        random: any RandomSource = SystemRandom(),
        programs: any ProgramRunner = NoPrograms()
    ) async throws {
        let parts = try await GatewayParts(
            configuration,
            log: log,
            clock: clock,
            schedule: schedule ?? SteadyClock(wall: clock),
            random: random,
            programs: programs
        )
        do {
            adminAddress = try await parts.admin.start()
            ingestAddress = try await parts.ingest.start()
            let subscribers = try await parts.dispatcher.start(configuration.endpoints)
            parts.topology.exchange(Topology(sources: configuration.pushingSources, subscribers: subscribers))
            parts.sources.update(configuration)
            try await parts.watcher.update(configuration.watchedSources)
            try await parts.sweeper.update(configuration.watchedSources)
        } catch {
            await parts.stop(within: .zero)
            throw error
        }
        await parts.pruner.start()
        parts.adminService.setReady(true)
        parts.ingestHandler.isReady.store(true, ordering: .releasing)
        self.parts = parts
        self.started = configuration
        self.log = log
    }

    /// Connections to the ingest listener that are open right now.
    package var openIngestConnections: Int { get async { await parts.ingest.openConnections } }

    /// Puts a changed configuration into force: sources, endpoints, retention and keys change at once.
    ///
    /// What was bound or opened at the start stays until a restart, and the log names it.
    package func reload(_ configuration: Configuration) async throws {
        let subscribers = try await parts.dispatcher.update(configuration.endpoints)
        parts.topology.exchange(Topology(sources: configuration.pushingSources, subscribers: subscribers))
        parts.sources.update(configuration)
        parts.providers.update(proxy: configuration.delivery.proxy)
        try await parts.watcher.update(configuration.watchedSources)
        try await parts.sweeper.update(configuration.watchedSources)
        await parts.pruner.update(configuration.engineRetention)
        parts.adminService.update(keys: configuration.adminKeys)
        let waiting = configuration.changesNeedingRestart(from: started)
        if !waiting.isEmpty {
            log.warning("some changes need a restart", metadata: ["keys": "\(waiting.joined(separator: ", "))"])
        }
    }

    /// Stops taking callbacks, finishes what runs, records it, and closes the store.
    ///
    /// `limit`: time for all of that; the default is less than the ten seconds that supervisors usually give.
    package func stop(within limit: Duration = .seconds(8)) async {
        await parts.stop(within: limit)
    }
}
