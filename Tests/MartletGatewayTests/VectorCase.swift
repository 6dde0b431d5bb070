// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

/// One case of a provider's vector file that is a request (layout: providers.md section 7).
struct VectorCase {
    let id: String
    let json: [String: Any]

    static func all(_ provider: String) throws -> (file: [String: Any], cases: [VectorCase]) {
        let file = try #require(
            try JSONSerialization.jsonObject(with: Fixtures.vectors(provider)) as? [String: Any]
        )
        let cases = try #require(file["cases"] as? [[String: Any]])
        return (file, try cases.map { VectorCase(id: try #require($0["id"] as? String), json: $0) })
    }

    private var request: [String: Any] { json["request"] as? [String: Any] ?? [:] }
    private var expect: [String: Any] { json["expect"] as? [String: Any] ?? [:] }

    var method: String { request["method"] as? String ?? "POST" }
    var path: String { request["path"] as? String ?? "" }
    var settings: [String: Any] { json["settings"] as? [String: Any] ?? [:] }
    var earlier: [String] { json["already_processed"] as? [String] ?? [] }
    var hasFetches: Bool { json["fetches"] != nil }
    var isAccepted: Bool { expect["verdict"] as? String == "accepted" }
    var isDuplicate: Bool { expect["duplicate"] as? Bool ?? false }
    var reason: String? { expect["reason"] as? String }
    var event: [String: Any]? { expect["event"] as? [String: Any] }
    var eventID: String? { event?["event_id"] as? String }

    /// Headers of the case, and the sender's address as a trusted proxy would tell it.
    var headers: [(String, String)] {
        var headers = (request["headers"] as? [String: String] ?? [:]).map { ($0.key, $0.value) }
        if let address = request["source_ip"] as? String { headers.append(("X-Forwarded-For", address)) }
        return headers
    }

    var body: [UInt8] {
        if let text = request["body"] as? String { return Array(text.utf8) }
        let base64 = request["body_base64"] as? String ?? ""
        return Data(base64Encoded: base64).map { Array($0) } ?? []
    }

    var clock: Timestamp? { (json["clock"] as? String).flatMap(Self.timestamp) }

    var response: (status: Int, contentType: String, body: String) {
        let response = expect["response"] as? [String: Any] ?? [:]
        return (
            response["status"] as? Int ?? 0, response["content_type"] as? String ?? "",
            response["body"] as? String ?? ""
        )
    }

    static func timestamp(_ text: String) -> Timestamp? {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.date(from: text).map {
            Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded()))
        }
    }

    /// Compares the members that the vector names with those of a delivered body's `data`.
    func differences(from envelope: [UInt8]) throws -> [String] {
        let body = try #require(try JSONSerialization.jsonObject(with: Data(envelope)) as? [String: Any])
        let data = try #require(body["data"] as? [String: Any])
        let expected = try #require(event)
        var differences = expected.keys.sorted().compactMap { key -> String? in
            let left = expected[key] as? NSObject
            let right = data[key] as? NSObject
            return left == right ? nil : "\(id): \(key) is \(right ?? NSNull()), not \(left ?? NSNull())"
        }
        if body["type"] as? String != expected["type"] as? String { differences.append("\(id): type on top differs") }
        let left = Set(data.keys).subtracting(expected.keys).subtracting(["received_at", "flags", "shop"])
        if !left.isEmpty { differences.append("\(id): members beyond the vector: \(left.sorted())") }
        return differences
    }
}
