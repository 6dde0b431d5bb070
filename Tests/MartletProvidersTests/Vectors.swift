// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// One computed case; tests report it by its id (layout: providers.md section 7).
struct VectorCase: Sendable, CustomTestStringConvertible {
    let id: String
    private let text: Data

    init(_ members: [String: Any]) throws {
        id = members["id"] as? String ?? "?"
        text = try JSONSerialization.data(withJSONObject: members)
    }

    var testDescription: String { id }

    var members: [String: Any] {
        get throws { try #require(JSONSerialization.jsonObject(with: text) as? [String: Any]) }
    }

    var expect: [String: Any] {
        get throws { try #require(members["expect"] as? [String: Any]) }
    }
}

/// A provider's file of cases.
enum Vectors {
    static func file(_ provider: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Fixtures.vectors(provider)) as? [String: Any])
    }

    static func cases(_ provider: String, _ list: String = "cases") throws -> [VectorCase] {
        let rows = try #require(file(provider)[list] as? [[String: Any]])
        return try rows.map { try VectorCase($0) }
    }

    static func secrets(_ provider: String) throws -> [String: Any] {
        try #require(file(provider)["secrets"] as? [String: Any])
    }

    static func time(_ text: String) throws -> Timestamp {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return Timestamp(milliseconds: Int64((try format.parse(text).timeIntervalSince1970 * 1000).rounded()))
    }

    /// The callback of a case's request.
    static func callback(_ request: [String: Any], at time: Timestamp = sampleTime) throws -> Callback {
        let headers = request["headers"] as? [String: String] ?? [:]
        var body = Array((request["body"] as? String ?? "").utf8)
        if let encoded = request["body_base64"] as? String { body = Array(try #require(Data(base64Encoded: encoded))) }
        return Callback(
            method: request["method"] as? String ?? "POST",
            headers: HeaderFields(headers.map { ($0.key, $0.value) }),
            body: body,
            sourceAddress: try #require(IPAddress(request["source_ip"] as? String ?? "127.0.0.1")),
            receivedAt: time
        )
    }

    /// When callbacks arrive that state no time: 2024-05-01T12:00:00Z.
    static let sampleTime = Timestamp(milliseconds: 1_714_564_800_000)

    /// Compares every member of the event but those that the vectors leave out.
    static func check(_ event: Event, _ expected: Any?, _ id: String) throws {
        let expected = try #require(expected as? [String: Any], "\(id): the vector has no event")
        let envelope = try #require(
            JSONSerialization.jsonObject(with: Data(EventEnvelope.render(event))) as? [String: Any]
        )
        var actual = try #require(envelope["data"] as? [String: Any])
        for name in ["received_at", "flags", "raw", "shop"] { actual[name] = nil }
        #expect(try canonical(actual) == canonical(expected), "\(id)")
    }

    static func canonical(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]), as: UTF8.self)
    }

    /// Checks verdict, reason and the answer that the provider gets.
    static func check(_ judgement: Judgement, _ acknowledgement: Acknowledgement, _ testCase: VectorCase) throws {
        let expect = try testCase.expect
        let response = try #require(expect["response"] as? [String: Any])
        switch judgement {
        case .accepted, .hint:
            #expect(expect["verdict"] as? String == "accepted", "\(testCase.id)")
            #expect(response["status"] as? Int == acknowledgement.status)
            #expect(response["content_type"] as? String == acknowledgement.contentType)
            #expect(response["body"] as? String == String(decoding: acknowledgement.body, as: UTF8.self))
        case .refused(let refusal):
            #expect(expect["verdict"] as? String == "rejected", "\(testCase.id): \(refusal.detail)")
            #expect(expect["reason"] as? String == refusal.reason.rawValue, "\(testCase.id): \(refusal.detail)")
            #expect(response["status"] as? Int == refusal.reason.status)
            #expect(response["body"] as? String == "rejected")
            #expect(!refusal.detail.isEmpty)
        case .needsOrder:
            Issue.record("\(testCase.id): asks for the order again")
        }
    }

    /// Whether the case's event is the one of a case that was taken in before.
    static func checkDuplicate(
        _ event: Event,
        of testCase: VectorCase,
        judgedAs judge: (VectorCase) throws -> Judgement,
        in provider: String
    ) throws {
        let before = try testCase.members["already_processed"] as? [String] ?? []
        var seen: Set<EventID> = []
        for other in try cases(provider) where before.contains(other.id) {
            if case .accepted(let event) = try judge(other) { seen.insert(event.id) }
        }
        #expect(seen.contains(event.id) == (try testCase.expect["duplicate"] as? Bool), "\(testCase.id)")
    }
}

/// Resolves `plain:` only.
struct PlainSecrets: SecretResolver {
    func resolve(_ reference: String) -> Result<Secret, SecretResolutionError> {
        guard reference.hasPrefix("plain:") else { return .failure(SecretResolutionError("is not set")) }
        return .success(Secret(text: String(reference.dropFirst(6))))
    }
}

extension Judgement {
    var event: Event? {
        if case .accepted(let event) = self { return event }
        return nil
    }

    var reason: RefusalReason? {
        if case .refused(let refusal) = self { return refusal.reason }
        return nil
    }
}
