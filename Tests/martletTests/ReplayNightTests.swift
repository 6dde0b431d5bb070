// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import MartletWire
import Synchronization
import Testing

@testable import martlet

/// An operator's night: an endpoint says that it is gone, four thousand events come meanwhile, it is back, and one command
/// makes up for it, though the gateway is restarted in the middle.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ReplayNightTests {
    private static let events = 5000
    private static let missed = 4000
    private static let clients = 8
    private static let keys = """
        { "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" },
        { "name": "root", "key": "plain:admin-key-0123456789", "role": "admin" }
        """

    @Test func whatAnEndpointMissedIsMadeAgainByOneCommandThroughARestart() async throws {
        var random = SplitMix64(seed: .random(in: 1...UInt64.max))
        let began = ContinuousClock.now
        let isDown = Down()
        let steady = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let second = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let flaky = try await RecordingSubscriber(secret: ServedGateway.endpointSecret) { _ in isDown.value ? 410 : 200
        }
        let folder = try ServedGateway.makeFolder(endpoints: "")
        let ports = try await ServedGateway.freePorts(in: folder, using: &random)
        try ServedGateway.write(
            endpoints: [
                ServedGateway.endpoint("steady", steady.url), ServedGateway.endpoint("second", second.url),
                ServedGateway.endpoint("flaky", flaky.url, "\"schedule\": [\"1s\"], \"maxInFlight\": 64"),
            ].joined(separator: ", "),
            keys: Self.keys,
            ports: ports,
            into: folder
        )
        var gateway = try await ServedGateway.start(in: folder)
        func run(_ arguments: [String], key: String = "operator-key-0123456789") async throws -> MartletProcess.Finished
        {
            try await MartletProcess.run(
                arguments,
                environment: ["MARTLET_URL": "http://127.0.0.1:\(ports.admin)", "MARTLET_KEY": key]
            )
        }
        func json(_ arguments: [String]) async throws -> JSONObject {
            let ended = try await run(arguments + ["--json"])
            #expect(ended.status == 0, "\(arguments): \(ended.errors)")
            return try JSONReader.readObject(Array(ended.output.utf8)).object
        }

        // The outage.
        try await send(0..<Self.missed, to: gateway)
        isDown.end()
        let enabled = try await run(["endpoints", "enable", "flaky"], key: "admin-key-0123456789")
        #expect(enabled.status == 0, "\(enabled.errors)")
        #expect(enabled.output.contains("martlet replay create --endpoint flaky --state skipped"))
        try await send(Self.missed..<Self.events, to: gateway)
        // What was under way when it said that it was gone is sent on its schedule.
        try await settle(ports.admin)
        let arrived = Set(flaky.arrivals.filter { $0.answeredWith == 200 }.map(\.eventID))

        try await Self.agree(gateway, folder, ["--events"])

        // One command says what it will do, and does it.
        let filter = ["--endpoint", "flaky", "--since", "2h"]
        let dry = try await json(["replay", "create"] + filter + ["--dry-run"])
        #expect(dry["total"] == .number("\(Self.events - arrived.count)"))
        let shown = try await run(["replay", "create"] + filter + ["--dry-run"])
        let head = "\(Self.events - arrived.count) deliveries would be made, in "
        #expect(shown.output.hasPrefix(head), "\(shown.errors)")
        async let replay = run(["replay", "create"] + filter + ["--rate", "500", "--reason", "outage", "--wait"])
        while try await json(["replay", "list"]).total("made") < 1000 { try Task.checkCancellation() }
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        gateway = try await ServedGateway.start(in: folder)
        let ended = try await replay
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output.contains("state       done\n"), "\(ended.output)")

        // The dashboard's numbers, the store's and the subscribers' are the same.
        let wanted = Set((0..<Self.events).map { SignedCallback(order: "N-\($0)").eventID.rawValue })
        for subscriber in [steady, second, flaky] {
            let accepted = subscriber.arrivals.filter { $0.answeredWith == 200 }
            #expect(accepted.count == Self.events, "each delivered once")
            #expect(Set(accepted.map(\.eventID)) == wanted)
            #expect(subscriber.arrivals.allSatisfy { $0.failure == nil }, "each verified")
        }
        let total = Self.events - arrived.count
        let done = try await json(["replay", "show", "rpl_1"])
        for name in ["total", "made", "delivered"] { #expect(done[name] == .number("\(total)"), "\(name)") }
        let metrics = try await page(ports.admin)
        #expect(metrics.contains("martlet_deliveries{state=\"delivered\"} \(3 * Self.events)\n"))
        #expect(metrics.contains("martlet_deliveries{state=\"skipped\"} \(total)\n"))
        #expect(metrics.contains("martlet_replays{state=\"done\"} 1\n"))
        try await Self.agree(gateway, folder, ["--replay", "rpl_1"])
        let nothing = try await run(["replay", "create"] + filter + ["--reason", "again"])
        #expect(nothing.status == 1 && nothing.errors.contains("No delivery fits the filter"), "\(nothing.errors)")
        let one = try await run(["events", "replay", wanted.first ?? "", "--to", "flaky", "--wait"])
        #expect(one.status == 0, "\(one.errors)")
        print("scripted night: \(total) of \(Self.events) made again, in \(ContinuousClock.now - began)")

        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        for subscriber in [steady, second, flaky] { await subscriber.stop() }
        try FileManager.default.removeItem(at: folder)
    }

    // MARK: the parts

    /// What the dashboard shows in a browser is what the rows of the store come to: `Tests/Browser/agreement.py`.
    private static func agree(_ gateway: ServedGateway, _ folder: URL, _ more: [String]) async throws {
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Browser/agreement.py")
        let store = folder.appendingPathComponent("martlet.db")
        let numbers = try MartletProcess(
            [
                "python3", "-B", script.path, "--url", "http://127.0.0.1:\(gateway.adminPort)", "--store", store.path,
            ] + more,
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["MARTLET_KEY": "operator-key-0123456789"],
            followOutput: true
        )
        let status = await numbers.end()
        #expect(status == 0, "\(numbers.text)")
        print("the page's numbers and the store's: \(numbers.text)")
    }

    private func send(_ orders: Range<Int>, to gateway: ServedGateway) async throws {
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients {
                // A thread of its own: the client blocks.
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            Self.send(orders.filter { $0 % Self.clients == client }, to: gateway.ingestPort)
                            continuation.resume()
                        }
                    }
                }
            }
        }
    }

    private static func send(_ orders: [Int], to port: UInt16) {
        do {
            let client = try RawClient(port: port)
            defer { client.close() }
            for order in orders {
                try client.send(SignedCallback(order: "N-\(order)").request)
                let answer = try client.readResponse()
                if answer.status != 200 { Issue.record("N-\(order) was answered \(answer.status)") }
            }
        } catch {
            Issue.record("\(error)")
        }
    }

    /// Waits until nothing waits any more.
    private func settle(_ port: UInt16) async throws {
        while true {
            let metrics = try await page(port)
            let states = ["pending", "in_flight"]
            if states.allSatisfy({ metrics.contains("martlet_deliveries{state=\"\($0)\"} 0\n") }) { return }
            try Task.checkCancellation()
        }
    }

    private func page(_ port: UInt16) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let client = try RawClient(port: port)
                        defer { client.close() }
                        try client.send(Array("GET /metrics HTTP/1.1\r\nHost: gateway.test\r\n\r\n".utf8))
                        return try client.readResponse().body
                    }
                )
            }
        }
    }
}

/// Whether an endpoint answers that it is gone.
private final class Down: Sendable {
    private let isDown = Atomic(true)
    var value: Bool { isDown.load(ordering: .relaxed) }
    func end() { isDown.store(false, ordering: .relaxed) }
}

extension JSONObject {
    /// A count of the first element of a list.
    fileprivate func total(_ name: String) -> Int {
        guard case .array(let rows) = self["data"], case .number(let digits) = rows.first?.object?[name] else {
            return 0
        }
        return Int(digits) ?? 0
    }
}
