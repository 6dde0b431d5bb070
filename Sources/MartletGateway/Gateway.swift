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
import MartletWire
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
    private let clock: any WallClock
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
            try await parts.adminService.loadKeys()
            parts.adminService.update(shops: configuration.shops)
            adminAddress = try await parts.admin.start()
            ingestAddress = try await parts.ingest.start()
            try await parts.endpoints.start()
            parts.sources.update(configuration)
            try await parts.watcher.update(configuration.watchedSources)
            try await parts.sweeper.update(configuration.watchedSources)
            try await parts.replayer.start()
        } catch {
            await parts.stop(within: .zero)
            throw error
        }
        await parts.pruner.start()
        parts.adminService.setReady(true)
        parts.ingestHandler.isReady.store(true, ordering: .releasing)
        Task { [service = parts.service] in await service.releaseLeftOver() }
        self.parts = parts
        self.started = configuration
        self.clock = clock
        self.log = log
        note("gateway.started")
    }

    /// Connections to the ingest listener that are open right now.
    package var openIngestConnections: Int { get async { await parts.ingest.openConnections } }

    /// Puts a changed configuration into force: sources, endpoints, retention and keys change at once.
    ///
    /// What was bound or opened at the start stays until a restart, and the log names it.
    ///
    /// - Throws: `PartlyInForce` if all but some parts is in force; otherwise nothing of it is.
    package func reload(_ configuration: Configuration) async throws {
        let failures: [PartlyInForce.Failure]
        do {
            failures = try await putIntoForce(configuration)
        } catch {
            note("configuration.reloaded", outcome: .failed)
            throw error
        }
        let waiting = configuration.changesNeedingRestart(from: started)
        if !waiting.isEmpty {
            log.warning("some changes need a restart", metadata: ["keys": "\(waiting.joined(separator: ", "))"])
        }
        guard failures.isEmpty else {
            note("configuration.reloaded", ("notInForce", failures.map(\.part)), outcome: .failed)
            throw PartlyInForce(failures: failures)
        }
        note("configuration.reloaded", ("needRestart", waiting))
    }

    /// Notes that a changed configuration was not taken over, for these problems.
    package func refused(_ problems: [SettingsProblem]) {
        note("configuration.reloaded", ("problems", problems.map(\.path)), outcome: .refused)
    }

    /// Returns what stays as it was because the store failed; nothing comes into force if this throws.
    private func putIntoForce(_ configuration: Configuration) async throws -> [PartlyInForce.Failure] {
        try await parts.endpoints.reload(configuration)
        // Before anything else that may fail: a key that was taken away must not go on.
        parts.adminService.update(keys: configuration.adminKeys)
        parts.adminService.update(shops: configuration.shops)
        parts.sources.update(configuration)
        parts.providers.update(proxy: configuration.delivery.proxy)
        await parts.pruner.update(configuration.engineRetention)
        // The rest asks the store, and what fails in one must not keep the others from changing.
        var failures: [PartlyInForce.Failure] = []
        do throws(StoreError) { try await parts.watcher.update(configuration.watchedSources) } catch {
            failures.append(PartlyInForce.Failure(part: "watches", error: error))
        }
        do throws(StoreError) { try await parts.sweeper.update(configuration.watchedSources) } catch {
            failures.append(PartlyInForce.Failure(part: "sweeps", error: error))
        }
        return failures
    }

    /// Stops taking callbacks, finishes what runs, records it, and closes the store.
    ///
    /// `limit`: time for all of that; the default is less than the ten seconds that supervisors usually give.
    package func stop(within limit: Duration = .seconds(8)) async {
        // On its way to the disk before anything stops: the store finishes what was submitted.
        note("gateway.stopping")
        await parts.stop(within: limit)
    }

    /// Writes into the audit log what nobody asked for through the API; waits for nothing.
    private func note(
        _ action: String,
        _ detail: (name: String, values: [String])? = nil,
        outcome: AuditOutcome = .done
    ) {
        var text: String?
        if let detail, !detail.values.isEmpty {
            var json = JSONWriter()
            json.beginObject()
            json.name(of: detail.name)
            json.beginArray()
            for value in detail.values.prefix(20) { json.string(String(value.prefix(100))) }
            json.endArray()
            json.endObject()
            text = String(decoding: json.bytes, as: UTF8.self)
        }
        let entry = NewAuditEntry.ofGateway(action, detail: text, outcome: outcome, at: clock.now())
        store.append(entry) { [log] result in
            if case .failure(let error) = result {
                log.error("audit log not written", metadata: ["action": "\(action)", "error": "\(error.label)"])
            }
        }
    }
}
