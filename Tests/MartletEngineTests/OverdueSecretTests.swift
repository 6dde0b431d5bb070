// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine

/// A rotation that nobody finished: deliveries go on, and the log says so once.
@Suite(.timeLimit(.minutes(1))) struct OverdueSecretTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private struct LineHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.level >= .warning else { return }
            let pairs = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            lines.all.withLock { $0.append("\(event.message) \(pairs)") }
        }
    }

    @Test func deliversOnAndWarnsOnceForEachLoad() async throws {
        let clock = ManualClock()
        let lines = Lines()
        var endpoint = EngineHarness.endpoint("ledger")
        let end = clock.now() + .seconds(60)
        endpoint.secrets[0].until = end
        let harness = try await EngineHarness.start(
            [endpoint],
            clock: clock,
            log: Logger(label: "test") { _ in LineHandler(lines: lines) }
        )
        func deliver(_ order: String, total: Int) async throws {
            #expect(await harness.receive(order: order).status == 200)
            try await harness.eventually {
                try await harness.deliveries("ledger").count { $0.state == .delivered } == total
            }
        }
        try await deliver("A", total: 1)
        #expect(lines.all.withLock { $0 }.isEmpty)
        await clock.advance(to: end)
        try await deliver("B", total: 2)
        try await deliver("C", total: 3)
        let warning =
            "the last secret of an endpoint is past its end and signs on; give the endpoint a new one and reload "
            + "endpoint=ledger scheme=v1 until=\(end.rfc3339)"
        #expect(lines.all.withLock { $0 } == [warning])
        _ = try await harness.dispatcher.update([endpoint])
        try await deliver("D", total: 4)
        #expect(lines.all.withLock { $0 } == [warning, warning])
        try await harness.stop()
    }
}
