// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import MartletWire
import Synchronization
import Testing

/// The promise of contract section 5: a crash at any moment loses nothing acknowledged.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CrashTests {
    private static let rounds = 20
    private static let clients = 4

    @Test func nothingAcknowledgedIsLostWhenTheProcessIsKilled() async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("crash test: seed \(seed)")
        var random = SplitMix64(seed: seed)
        // One answers at once, the other fails now and then, so that retries are under way when the process dies. Its
        // schedule is so long that none of some thousand deliveries fails to its end: a dead one would never arrive.
        let steady = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let shaky = try await RecordingSubscriber(secret: ServedGateway.endpointSecret) { $0 % 7 == 0 ? 500 : 200 }
        let schedule = Array(repeating: "\"50ms\"", count: 16).joined(separator: ",")
        let endpoints = [
            ServedGateway.endpoint("steady", steady.url),
            ServedGateway.endpoint("shaky", shaky.url, "\"schedule\": [\(schedule)]"),
        ].joined(separator: ",")
        let folder = try ServedGateway.makeFolder(endpoints: endpoints)
        let acknowledged = Acknowledged()

        for round in 0..<Self.rounds {
            let gateway = try await ServedGateway.start(in: folder)
            let pause = Duration.milliseconds(Int64(20 + random.next() % 300))
            await load(gateway, round: round, acknowledged, killAfter: pause)
            await gateway.process.end()
        }

        let gateway = try await ServedGateway.start(in: folder)
        let wanted = acknowledged.orders
        #expect(!wanted.isEmpty)
        try await waitUntilDelivered(wanted, to: [steady, shaky])
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)

        try report(wanted, steady, shaky)
        await steady.stop()
        await shaky.stop()
        try FileManager.default.removeItem(at: folder)
    }

    // MARK: load

    private func load(
        _ gateway: ServedGateway,
        round: Int,
        _ acknowledged: Acknowledged,
        killAfter pause: Duration
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients {
                // A thread of its own: the client blocks.
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            Self.sendUntilTheEnd(gateway.ingestPort, "\(round)-\(client)", acknowledged)
                            continuation.resume()
                        }
                    }
                }
            }
            group.addTask {
                // The moment of death is the random part of this test, so it is a wait and not a signal.
                try? await ContinuousClock().sleep(for: pause)
                gateway.process.signal(SIGKILL)
            }
        }
    }

    private static func sendUntilTheEnd(_ port: UInt16, _ name: String, _ acknowledged: Acknowledged) {
        guard let client = try? RawClient(port: port) else { return }
        defer { client.close() }
        for number in 0... {
            let callback = SignedCallback(order: "\(name)-\(number)")
            guard (try? client.send(callback.request)) != nil,
                let answer = try? client.readResponse()
            else { return }
            if answer.status == 200, answer.body == "ok" { acknowledged.add(callback.order) }
        }
    }

    // MARK: what came of it

    private func waitUntilDelivered(_ orders: Set<String>, to subscribers: [RecordingSubscriber]) async throws {
        for subscriber in subscribers {
            let wanted = Set(orders.map { SignedCallback(order: $0).eventID.rawValue })
            while true {
                // What is looked at and what is waited for come from one look: the last arrival may come in between.
                let arrivals = subscriber.arrivals
                let arrived = Set(arrivals.filter { $0.answeredWith == 200 }.map(\.eventID))
                if wanted.isSubset(of: arrived) { break }
                await subscriber.wait(for: arrivals.count + 1)
            }
        }
    }

    private func report(_ wanted: Set<String>, _ subscribers: RecordingSubscriber...) throws {
        var lost = 0
        var altered = 0
        var duplicated = 0
        var delivered = 0
        for subscriber in subscribers {
            let arrivals = subscriber.arrivals
            let accepted = arrivals.filter { $0.answeredWith == 200 }
            delivered += accepted.count
            duplicated += accepted.count - Set(accepted.map(\.eventID)).count
            let ids = Set(accepted.map(\.eventID))
            lost += wanted.count { !ids.contains(SignedCallback(order: $0).eventID.rawValue) }
            let bodies = Dictionary(grouping: arrivals, by: \.eventID)
            altered += bodies.values.count { Set($0.map(\.body)).count > 1 }
            altered += arrivals.count { $0.failure != nil || !Self.isWhole($0) }
        }
        print(
            "crash test: rounds \(Self.rounds), acknowledged \(wanted.count), delivered \(delivered) to two endpoints, "
                + "duplicated \(duplicated), altered \(altered), lost \(lost)"
        )
        #expect(lost == 0)
        #expect(altered == 0)
    }

    /// Whether the body tells the order that its event id was made from.
    private static func isWhole(_ arrival: RecordingSubscriber.Arrival) -> Bool {
        guard let data = try? JSONReader.read(arrival.body).object?["data"]?.object,
            let order = data["merchant_order_id"]?.string
        else { return false }
        let amount = data["money"]?.object?["paid"]?.object?["amount"]?.string
        return SignedCallback(order: order).eventID.rawValue == arrival.eventID && amount == "15"
    }
}

/// Orders whose callback has been acknowledged.
private final class Acknowledged: Sendable {
    private let state = Mutex<Set<String>>([])
    func add(_ order: String) { state.withLock { _ = $0.insert(order) } }
    var orders: Set<String> { state.withLock { $0 } }
}
