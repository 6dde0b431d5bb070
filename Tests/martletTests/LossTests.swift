// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// The promise of contract section 7: what the provider never tells, or tells a gateway that is dead, is made up for.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LossTests {
    private static let orders = 500
    private static let key = "operator-key-0123456789"

    @Test func everyOrdersFinalEventArrivesOnceThoughMuchIsLostAndTheProcessIsKilled() async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("loss test: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let began = ContinuousClock.now
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let folder = try ServedGateway.makeFolder(endpoints: "")
        let ports = try await ServedGateway.freePorts(in: folder, using: &random)

        let (simulator, output) = try await startSimulator(seed: seed, ports, in: folder)
        let interface = try address(in: simulator.text)
        try configure(ports, subscriber, apiBase: "http://\(interface)", in: folder)
        var kills = 0
        while !simulator.text.contains("orders have ended") {
            let gateway = try await ServedGateway.start(in: folder)
            // The moment of death is the random part of this test, so it is a wait and not a signal.
            try await ContinuousClock().sleep(for: .milliseconds(Int64(2000 + random.next() % 2000)))
            gateway.process.signal(SIGKILL)
            await gateway.process.end()
            kills += 1
        }

        let gateway = try await ServedGateway.start(in: folder)
        let truth = try Truth(output)
        #expect(truth.orders.count == Self.orders)
        let delivered = try await waitForFinalEvents(of: truth, at: subscriber)
        try await expectNothingIsOpen(gateway)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        simulator.signal(SIGTERM)
        #expect(await simulator.end() == 0)

        check(delivered, against: truth)
        let summary = try #require(try Truth(output).summary)
        print(
            "loss test: orders \(Self.orders), notifications \(summary["notifications"] ?? 0), "
                + "sent \(summary["sent"] ?? 0), lost \(summary["lost"] ?? 0), "
                + "duplicated \(summary["duplicated"] ?? 0), reordered \(summary["reordered"] ?? 0), "
                + "unanswered \(summary["unanswered"] ?? 0), killed \(kills) times; "
                + "polled \(delivered.polled) and delivered \(delivered.ids.count) events in \(delivered.arrivals) requests; "
                + "final events \(delivered.finals.count), of them polled \(delivered.polledFinals), "
                + "in \(ContinuousClock.now - began)"
        )
        #expect(kills >= 3)
        #expect(summary["lost"] ?? 0 > 0)
        #expect(delivered.polledFinals > 0)
        await subscriber.stop()
        try FileManager.default.removeItem(at: folder)
    }

    // MARK: the parts

    private func startSimulator(
        seed: UInt64,
        _ ports: (ingest: UInt16, admin: UInt16),
        in folder: URL
    ) async throws -> (MartletProcess, URL) {
        let output = folder.appendingPathComponent("simulator.jsonl")
        try Data().write(to: output)
        let simulator = try MartletProcess(
            [
                "simulate", "kryptoswap", "--listen", "127.0.0.1:0", "--seed", String(seed),
                "--hooks", "http://127.0.0.1:\(ports.ingest)/hooks/kryptoswap/main",
                "--register", "http://127.0.0.1:\(ports.admin)", "--orders", String(Self.orders), "--rate", "25",
                "--step", "1s", "--loss", "0.3", "--duplicates", "0.1", "--reorder", "0.2", "--delay", "0ms..300ms",
                "--json",
            ],
            environment: ["MARTLET_KEY": Self.key],
            output: try FileHandle(forWritingTo: output)
        )
        _ = try await simulator.line(with: "listening on")
        return (simulator, output)
    }

    private func address(in text: String) throws -> String {
        try #require(text.split(separator: "listening on ").last?.split(separator: ",").first.map { String($0) })
    }

    private func configure(
        _ ports: (ingest: UInt16, admin: UInt16),
        _ subscriber: RecordingSubscriber,
        apiBase: String,
        in folder: URL
    ) throws {
        try ServedGateway.write(
            endpoints: ServedGateway.endpoint("ledger", subscriber.url),
            sources: """
                { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(apiBase)",
                  "polling": { "callsPerSecond": 200, "schedule": [{ "every": "2s", "until": "10m" }] } }
                """,
            keys: #"{ "name": "ops", "key": "plain:\#(Self.key)", "role": "operator" }"#,
            ports: ports,
            into: folder
        )
    }

    private func waitForFinalEvents(of truth: Truth, at subscriber: RecordingSubscriber) async throws -> Delivered {
        var delivered = Delivered()
        while true {
            let arrivals = subscriber.arrivals
            for arrival in arrivals[delivered.arrivals...] { try delivered.add(arrival) }
            if Set(delivered.finals.keys).isSuperset(of: truth.orders.keys) { return delivered }
            await subscriber.wait(for: arrivals.count + 1)
        }
    }

    private func expectNothingIsOpen(_ gateway: ServedGateway) async throws {
        let environment = ["MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": Self.key]
        for state in ["open", "held", "overdue"] {
            let list = try await MartletProcess.run(["watches", "list", "--state", state], environment: environment)
            #expect(list.output == "No watches.\n", "\(state): \(list.output) \(list.errors)")
        }
    }

    private func check(_ delivered: Delivered, against truth: Truth) {
        #expect(delivered.failures == [])
        for (order, events) in delivered.finals {
            #expect(Set(events.map(\.id)).count == 1, "\(order) has more than one final event: \(events)")
            guard let wanted = truth.orders[order] else {
                Issue.record("\(order) does not exist")
                continue
            }
            for event in events {
                #expect(event.status == wanted.status, "\(order)")
                #expect(event.due == DecimalText(wanted.inAmount)?.canonical, "\(order)")
                #expect(event.settled == DecimalText(wanted.outAmount)?.canonical, "\(order)")
                #expect(event.merchantOrder == wanted.merchantOrder, "\(order)")
            }
        }
        #expect(delivered.finals.count == truth.orders.count)
        #expect(delivered.orders.isSubset(of: truth.orders.keys))
    }
}

/// What the simulator says of its orders.
private struct Truth {
    struct Order {
        var status: String
        var merchantOrder: String
        var inAmount: String
        var outAmount: String
    }

    var orders: [String: Order] = [:]
    var summary: [String: Int]?

    init(_ output: URL) throws {
        for line in try String(contentsOf: output, encoding: .utf8).split(separator: "\n") {
            guard let object = try? JSONReader.readObject(Array(line.utf8)).object else { continue }
            switch object["kind"]?.string {
            case "ended":
                orders[object["order"]?.string ?? ""] = Order(
                    status: object["status"]?.string ?? "",
                    merchantOrder: object["merchantOrderId"]?.string ?? "",
                    inAmount: object["inAmount"]?.string ?? "",
                    outAmount: object["outAmount"]?.string ?? ""
                )
            case "summary":
                let counts = object.members.compactMap { member -> (String, Int)? in
                    guard case .number(let digits) = member.value, let count = Int(digits) else { return nil }
                    return (member.name, count)
                }
                summary = Dictionary(counts, uniquingKeysWith: { first, _ in first })
            default: break
            }
        }
    }
}

/// What the subscriber has got.
private struct Delivered {
    struct Final: Hashable {
        var id: String
        var status: String?
        var due: String?
        var settled: String?
        var merchantOrder: String?
    }

    var arrivals = 0
    var ids: Set<String> = []
    var orders: Set<String> = []
    var polled = 0
    var polledFinals = 0
    var failures: [String] = []
    var finals: [String: Set<Final>] = [:]

    mutating func add(_ arrival: RecordingSubscriber.Arrival) throws {
        arrivals += 1
        if let failure = arrival.failure { failures.append(failure) }
        let data = try #require(try JSONReader.read(arrival.body).object?["data"]?.object)
        let order = try #require(data["provider_object_id"]?.string)
        let isNew = ids.insert(arrival.eventID).inserted
        let isPolled = data["verification"]?.object?["method"] == .string("fetched")
        orders.insert(order)
        if isNew, isPolled { polled += 1 }
        guard data["finality"] == .string("final") else { return }
        if isNew, isPolled { polledFinals += 1 }
        let money = data["money"]?.object
        finals[order, default: []].insert(
            Final(
                id: arrival.eventID,
                status: data["provider_status"]?.string,
                due: money?["due"]?.object?["amount"]?.string,
                settled: money?["settled"]?.object?["amount"]?.string,
                merchantOrder: data["merchant_order_id"]?.string
            )
        )
    }
}
