// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// `martlet quarantine` against a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct QuarantineCommandTests {
    private static let keys = #"{ "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" }"#
    private static let wrong = SignedCallback.source.replacingOccurrences(
        of: SignedCallback.paymentKey,
        with: "not-the-right-key"
    )

    private static let kryptoswap = """
        { "provider": "kryptoswap", "id": "main", "shop": "nordic", "ipnSecret": "plain:SECRET" }
        """

    @Test func aHundredNotificationsComeOutInOrderOnceTheSecretIsMended() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        // One at a time, since requests that run at once may overtake each other on their way.
        let endpoint = ServedGateway.endpoint("ledger", subscriber.url, "\"maxInFlight\": 1")
        let folder = try ServedGateway.makeFolder(endpoints: endpoint)
        defer { try? FileManager.default.removeItem(at: folder) }
        func configure(_ secret: String) throws {
            let source = Self.kryptoswap.replacingOccurrences(of: "SECRET", with: secret)
            try ServedGateway.write(endpoints: endpoint, sources: source, keys: Self.keys, into: folder)
        }
        try configure("not-the-secret")
        let gateway = try await ServedGateway.start(in: folder)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789",
        ]
        let notifications = (1...100).map { KryptoswapNotification(number: $0, secret: "the-right-secret") }
        let client = try RawClient(port: gateway.ingestPort)
        for notification in notifications {
            try client.send(notification.request(to: "/hooks/kryptoswap/main"))
            let answer = try client.readResponse()
            #expect(answer.status == 403)
            #expect(answer.body == "rejected")
        }
        client.close()
        let warning = try await gateway.process.line(with: "source refuses most of its callbacks")
        #expect(warning.contains("kryptoswap/main"))

        let early = try await MartletProcess.run(["quarantine", "release", "--all"], environment: environment)
        #expect(early.output == "released       0\nstill refused  100 (bad_signature)\n", "\(early.errors)")
        try configure("the-right-secret")
        gateway.process.signal(SIGHUP)
        _ = try await gateway.process.line(with: "configuration reloaded")
        let released = try await MartletProcess.run(
            ["quarantine", "release", "--all", "--source", "kryptoswap/main"],
            environment: environment
        )
        #expect(released.status == 0, "\(released.errors)")
        #expect(released.output == "released       100\n")
        await subscriber.wait(for: 100)
        let again = try await MartletProcess.run(["quarantine", "release", "--all"], environment: environment)
        #expect(again.output == "released       0\n")
        let empty = try await MartletProcess.run(["quarantine"], environment: environment)
        #expect(empty.output == "Nothing in quarantine.\n", "\(empty.errors)")
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        // The gateway has ended, so nothing more can come.
        let orders = subscriber.arrivals.map { arrival -> String? in
            let object = try? JSONSerialization.jsonObject(with: Data(arrival.body)) as? [String: Any]
            return (object?["data"] as? [String: Any])?["provider_object_id"] as? String
        }
        #expect(orders == notifications.map(\.orderID))
        #expect(Set(subscriber.arrivals.map(\.eventID)).count == 100)
        #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })
        await subscriber.stop()
    }

    /// Kryptoswap does not say which member carries the digest, and sends every notification once.
    @Test func whatCameWhileLearningIsDeliveredOnceTheNameIsKnown() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let endpoint = ServedGateway.endpoint("ledger", subscriber.url, "\"maxInFlight\": 1")
        let folder = try ServedGateway.makeFolder(endpoints: endpoint)
        defer { try? FileManager.default.removeItem(at: folder) }
        func configure(_ hashFields: String) throws {
            let source = Self.kryptoswap.replacingOccurrences(
                of: "SECRET\"",
                with: "s-1\", \"hashFields\": \(hashFields)"
            )
            try ServedGateway.write(endpoints: endpoint, sources: source, keys: Self.keys, into: folder)
        }
        try configure("\"learn\"")
        let first = try await ServedGateway.start(in: folder)
        let notifications = (1...20).map { KryptoswapNotification(number: $0, secret: "s-1", hashField: "sig") }
        let client = try RawClient(port: first.ingestPort)
        for notification in notifications {
            try client.send(notification.request(to: "/hooks/kryptoswap/main"))
            let answer = try client.readResponse()
            #expect(answer.status == 200)
            #expect(answer.body == "ok")
        }
        try client.send(
            KryptoswapNotification(number: 99, secret: "guess", hashField: "sig").request(to: "/hooks/kryptoswap/main")
        )
        let forged = try client.readResponse()
        #expect(forged.status == 403)
        #expect(forged.body == "rejected")
        client.close()
        _ = try await first.process.line(with: "callback kept while its source is learning, not delivered")
        // What was acknowledged is on disk.
        first.process.signal(SIGKILL)
        _ = await first.process.end()

        let gateway = try await ServedGateway.start(in: folder)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789",
        ]
        let page = try await MartletProcess.run(["quarantine", "show", "qtn_1"], environment: environment)
        #expect(page.output.contains("reason         learning\n"), "\(page.output)\(page.errors)")
        #expect(page.output.contains("set hashFields to [\"sig\"]"))
        try configure("[\"sig\"]")
        gateway.process.signal(SIGHUP)
        _ = try await gateway.process.line(with: "configuration reloaded")
        let released = try await MartletProcess.run(
            ["quarantine", "release", "--all", "--source", "kryptoswap/main"],
            environment: environment
        )
        #expect(released.output == "released       20\nstill refused  1 (bad_signature)\n", "\(released.errors)")
        await subscriber.wait(for: 20)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let orders = subscriber.arrivals.map { arrival -> String? in
            let object = try? JSONSerialization.jsonObject(with: Data(arrival.body)) as? [String: Any]
            return (object?["data"] as? [String: Any])?["provider_object_id"] as? String
        }
        #expect(orders == notifications.map(\.orderID))
        await subscriber.stop()
    }

    @Test func showsForcesAndDropsByHand() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let endpoint = ServedGateway.endpoint("ledger", "http://127.0.0.1:9/hook")
        try ServedGateway.write(endpoints: endpoint, sources: Self.wrong, keys: Self.keys, into: folder)
        let gateway = try await ServedGateway.start(in: folder)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789",
        ]
        func run(_ arguments: String...) async throws -> MartletProcess.Finished {
            try await MartletProcess.run(["quarantine"] + arguments, environment: environment)
        }
        let client = try RawClient(port: gateway.ingestPort)
        for number in 1...2 {
            try client.send(SignedCallback(order: "INV-\(number)").request)
            #expect(try client.readResponse().status == 403)
        }
        client.close()
        let list = try await run("list", "--source", "cryptomus/main", "--reason", "bad_signature")
        #expect(list.output.hasPrefix("CALLBACK  SOURCE"), "\(list.errors)")
        #expect(list.output.split(separator: "\n").count == 3)
        let page = try await run("show", "qtn_1")
        #expect(page.output.contains("reason         bad_signature\n"))
        #expect(page.output.contains("\"order_id\":\"INV-1\""))
        let refused = try await run("release", "qtn_1")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("is refused by today's settings too: bad_signature"))
        let forced = try await run("release", "qtn_1", "--force", "--reason", "confirmed by mail")
        #expect(forced.output.hasPrefix("qtn_1: released (evt_"), "\(forced.errors)")
        let dropped = try await run("drop", "2")
        #expect(dropped.output == "qtn_2: dropped; it is gone for good\n", "\(dropped.errors)")
        let gone = try await run("show", "qtn_2")
        #expect(gone.status == 1)
        #expect(gone.errors.contains("There is no callback in quarantine \"qtn_2\""))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    @Test(arguments: [
        (["release"], "Name one callback, or say --all."),
        (["release", "qtn_1", "--all"], "Name one callback, or say --all."),
        (["release", "qtn_1", "--force"], "--force needs --reason TEXT"),
        (["release", "--all", "--force", "--reason", "x"], "--force is for one callback at a time"),
        (["release", "qtn_1", "--reason", "x"], "--reason goes with --all or --force."),
        (["release", "--all", "--reason", "x"], "--reason must be one of "),
        (["show", "dlv_1"], "The id of a callback in quarantine looks like qtn_42."),
    ])
    func sayWhatIsWrongWithTheArguments(_ arguments: [String], _ sentence: String) async throws {
        let finished = try await MartletProcess.run(["quarantine"] + arguments)
        #expect(finished.status == 64)
        #expect(finished.errors.contains(sentence), "\(finished.errors)")
    }
}
