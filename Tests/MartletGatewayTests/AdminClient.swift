// SPDX-License-Identifier: Apache-2.0
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// The admin API as a client with one key sees it; every answer is held against the description of its route.
struct AdminClient {
    struct Answer {
        var status: Int
        var headers: HeaderFields
        var object: JSONObject
        var detail: String { object["detail"]?.string ?? "" }

        /// The elements of a list.
        var data: [JSONObject] {
            guard case .array(let elements) = object["data"] else { return [] }
            return elements.compactMap(\.object)
        }

        /// A text or number by the names that lead to it.
        func text(_ path: String...) -> String? {
            var value: JSONValue = .object(object)
            for name in path {
                guard let next = value.object?[name] else { return nil }
                value = next
            }
            switch value {
            case .string(let text), .number(let text): return text
            default: return nil
            }
        }
    }

    /// One key for each role, for all shops, and one for a single shop; admin unless said otherwise.
    static let keys = """
        { "name": "v", "key": "plain:viewer-key-0123456789", "role": "viewer" },
        { "name": "o", "key": "plain:operator-key-0123456789", "role": "operator" },
        { "name": "a", "key": "plain:admin-key-0123456789", "role": "admin" },
        { "name": "n", "key": "plain:nordic-key-0123456789", "role": "admin", "shops": ["nordic"] }
        """

    let harness: GatewayHarness
    var key: String? = "admin-key-0123456789"

    func get(_ path: String) async throws -> Answer { try await ask("GET", path) }
    func post(_ path: String, _ body: String = "") async throws -> Answer { try await ask("POST", path, body) }

    func ask(
        _ method: String,
        _ path: String,
        _ body: String = "",
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let answer = try await harness.send(
            method,
            path,
            headers: (key.map { [("Authorization", "Bearer \($0)")] } ?? []) + headers,
            body: Array(body.utf8),
            toAdmin: true
        )
        let faults = DescribedAnswer.faults(
            method,
            path,
            status: answer.status,
            headers: answer.headers,
            body: answer.body
        )
        #expect(faults.isEmpty, "\(method) \(path) answered \(answer.status), not as its description says")
        let object = (try? JSONReader.read(Array(answer.body.utf8)))?.object ?? JSONObject()
        return Answer(status: answer.status, headers: answer.headers, object: object)
    }

    /// Sends a genuine callback of a source.
    func take(_ order: String, status: String = "paid", source: String = "main") async throws -> SignedCallback {
        let callback = SignedCallback(order: order, status: status)
        let answer = try await harness.send(
            "POST",
            "/hooks/cryptomus/\(source)",
            headers: SignedCallback.headers,
            body: callback.body
        )
        if answer.status != 200 { throw GatewayHarness.SetUpError(description: "callback answered \(answer.status)") }
        return callback
    }

    /// Asks again until the answer is as wanted; the suite's time limit ends a wait in vain.
    func wait(for path: String, until isReached: (Answer) -> Bool) async throws -> Answer {
        while true {
            let answer = try await get(path)
            if isReached(answer) { return answer }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// An endpoint object of the configuration.
    static func endpoint(_ id: String, _ url: String, _ more: String = "") -> String {
        """
        { "id": "\(id)", "url": "\(url)", "secrets": ["plain:\(GatewayHarness.endpointSecret)"]\
        \(more.isEmpty ? "" : ", \(more)") }
        """
    }

    /// A gateway with the endpoint "ledger" and the subscriber behind it; both are stopped whatever happens.
    ///
    /// `more`: further members of the endpoint. `key`: what the client signs in with.
    static func withLedger(
        _ more: String = "",
        key: String = "admin-key-0123456789",
        answering behaviour: @escaping RecordingSubscriber.Behaviour = { _ in 200 },
        _ body: (AdminClient, RecordingSubscriber) async throws -> Void
    ) async throws {
        let subscriber = try await RecordingSubscriber(
            secret: GatewayHarness.endpointSecret,
            behaviour: behaviour
        )
        do {
            try await GatewayHarness.run(
                sources: SignedCallback.source,
                endpoints: endpoint("ledger", subscriber.url, more),
                keys: keys
            ) { try await body(AdminClient(harness: $0, key: key), subscriber) }
        } catch {
            await subscriber.stop()
            throw error
        }
        await subscriber.stop()
    }
}
