// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletCore
import MartletStore
import MartletWire

/// How values that have no SQLite type of their own are written in columns, so that `sqlite3` shows them readably.
enum StoredText {
    /// `[["name","value"],…]`: the order and repeats of header fields survive.
    static func encode(_ headers: HeaderFields) -> String {
        if headers.isEmpty { return "[]" }
        var json = JSONWriter(capacity: 256)
        json.beginArray()
        for field in headers.fields {
            json.beginArray()
            json.string(field.name)
            json.string(field.value)
            json.endArray()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func headers(_ text: String) throws -> HeaderFields {
        if text == "[]" { return HeaderFields() }
        let pairs = try JSONDecoder().decode([[String]].self, from: Data(text.utf8))
        return HeaderFields(
            try pairs.map { pair in
                guard pair.count == 2 else { throw unreadable("headers") }
                return (pair[0], pair[1])
            }
        )
    }

    /// A JSON list, or nil (NULL) for the usual case of none.
    static func encode(polledStatuses: [String]) -> String? {
        polledStatuses.isEmpty ? nil : encode(list: polledStatuses)
    }

    /// A JSON list.
    static func encode(list: [String]) -> String {
        var json = JSONWriter(capacity: 64)
        json.beginArray()
        for element in list { json.string(element) }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func polledStatuses(_ text: String?) throws -> [String] {
        guard let text else { return [] }
        return try JSONDecoder().decode([String].self, from: Data(text.utf8))
    }

    /// `order:900123` as `900123:order`, so that everything about the provider's number 900123 stands together.
    static func encode(objectKey: String) -> String {
        guard let colon = objectKey.utf8.firstIndex(of: UInt8(ascii: ":")) else { return objectKey }
        return "\(objectKey[objectKey.index(after: colon)...]):\(objectKey[..<colon])"
    }

    /// `900123:order` as the event had it, `order:900123`.
    static func objectKey(_ text: String) -> String {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return text }
        return "\(text[text.index(after: colon)...]):\(text[..<colon])"
    }

    /// Names joined by commas; flags hold none.
    static func encode(flags: [EventFlag]) -> String {
        flags.isEmpty ? "" : flags.map(\.rawValue).joined(separator: ",")
    }

    static func flags(_ text: String) -> [String] {
        text.split(separator: ",").map(String.init)
    }

    /// Reads `provider/id`.
    static func source(_ text: String) throws -> SourceID {
        guard let slash = text.firstIndex(of: "/") else { throw unreadable("source") }
        return SourceID(provider: String(text[..<slash]), id: String(text[text.index(after: slash)...]))
    }

    static func state(_ text: String) throws -> DeliveryState {
        guard let state = DeliveryState(rawValue: text) else { throw unreadable("state") }
        return state
    }

    static func replayState(_ text: String) throws -> ReplayState {
        guard let state = ReplayState(rawValue: text) else { throw unreadable("state") }
        return state
    }

    static func address(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else { throw unreadable("source_address") }
        return address
    }

    static func reason(_ text: String) throws -> RefusalReason {
        guard let reason = RefusalReason(rawValue: text) else { throw unreadable("reason") }
        return reason
    }

    static func outcome(status: Int?, failure: String?) throws -> AttemptOutcome {
        if let status { return .answered(status: status) }
        guard let failure = failure.flatMap(NetworkFailure.init(rawValue:)) else { throw unreadable("failure") }
        return .failed(failure)
    }

    static func unreadable(_ column: String) -> DatabaseError {
        DatabaseError(
            resultCode: .SQLITE_MISMATCH,
            message: "column \(column) holds a value that this version of Martlet does not know"
        )
    }
}
