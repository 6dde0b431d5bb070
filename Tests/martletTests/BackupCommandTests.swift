// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Synchronization
import Testing

@testable import martlet

/// `martlet backup` beside a gateway that takes callbacks, and a gateway on what it has made (docs/backup.md).
@Suite(.serialized, .timeLimit(.minutes(2))) struct BackupCommandTests {
    @Test func whatWasAcknowledgedBeforeIsThereAndIsDelivered() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        // It never answers, so that no attempt ends before the gateway does.
        let hanging = try await RecordingSubscriber(secret: ServedGateway.endpointSecret) { _ in nil }
        let folder = try ServedGateway.makeFolder(
            endpoints: ServedGateway.endpoint("ledger", hanging.url, "\"timeout\": \"120s\"")
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        let before = (0..<300).map { SignedCallback(order: "BEFORE-\($0)") }
        try await send(before, to: gateway.ingestPort)

        let isOver = Atomic(false)
        let loading = Task { await Self.load(gateway.ingestPort, until: { isOver.load(ordering: .relaxed) }) }
        let backup = folder.appendingPathComponent("backup.db")
        let command = ["backup", backup.path, "--config", folder.appendingPathComponent("config.json").path, "--json"]
        let made = try await MartletProcess.run(command)
        isOver.store(true, ordering: .relaxed)
        let loaded = await loading.value
        gateway.process.signal(SIGKILL)
        await gateway.process.end()
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.errors.isEmpty, "progress is for terminals")
        let object = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
        let report = try #require(object)
        let events = try #require(report["events"] as? Int)
        print("backup: \(events) events, \(loaded) acknowledged beside it")
        #expect(events >= before.count)
        #expect(report["pendingDeliveries"] as? Int == events)
        #expect((report["newest"] as? [String: Any])?["sequence"] as? Int == events)
        let again = try await MartletProcess.run(command)
        #expect(again.status == 1)
        #expect(again.errors.contains("a backup never replaces one"))

        // Restored as docs/backup.md says: a folder without a store, the copy under the name that the configuration gives.
        let restored = try ServedGateway.makeFolder(
            endpoints: ServedGateway.endpoint("ledger", subscriber.url)
        )
        defer { try? FileManager.default.removeItem(at: restored) }
        try FileManager.default.copyItem(at: backup, to: restored.appendingPathComponent("martlet.db"))
        let second = try await ServedGateway.start(in: restored)
        await subscriber.wait(for: events)
        second.process.signal(SIGTERM)
        #expect(await second.process.end() == 0)
        let arrived = Set(subscriber.arrivals.map(\.eventID))
        #expect(Set(before.map(\.eventID.rawValue)).isSubset(of: arrived))
        #expect(arrived.count == events)
        #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })
        await subscriber.stop()
        await hanging.stop()
    }

    private func send(_ callbacks: [SignedCallback], to port: UInt16) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let client = try RawClient(port: port)
                        defer { client.close() }
                        for callback in callbacks {
                            try client.send(callback.request)
                            let answer = try client.readResponse()
                            guard answer.body == "ok" else {
                                throw MartletProcess.Failure(description: "\(callback.order): \(answer.status)")
                            }
                        }
                    }
                )
            }
        }
    }

    /// Sends until it is told to end; returns how many callbacks were acknowledged.
    private static func load(_ port: UInt16, until isOver: @escaping @Sendable () -> Bool) async -> Int {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var acknowledged = 0
                if let client = try? RawClient(port: port) {
                    defer { client.close() }
                    while !isOver() {
                        let callback = SignedCallback(order: "BESIDE-\(acknowledged)")
                        guard (try? client.send(callback.request)) != nil, (try? client.readResponse())?.body == "ok"
                        else { break }
                        acknowledged += 1
                    }
                }
                continuation.resume(returning: acknowledged)
            }
        }
    }
}
