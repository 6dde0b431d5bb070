// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletWire

/// One event of a stream as its bytes (HTML Standard, section 9.2 "Server-sent events").
enum ServerSentEvent {
    /// `id`: from where the client goes on after a break; nil leaves its place as it is.
    static func encode(_ name: String, id: Int64? = nil, data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 64)
        if let id { bytes += Array("id: \(id)\n".utf8) }
        bytes += Array("event: \(name)\n".utf8)
        // A line end inside a JSON value's white space would end the field.
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            bytes += Array("data: ".utf8)
            bytes += line
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        return bytes
    }

    /// Moves the client's place on without an event: without data nothing is dispatched.
    static func place(_ id: Int64) -> [UInt8] { Array("id: \(id)\n\n".utf8) }

    /// A comment, which clients pass over.
    static let heartbeat = Array(": heartbeat\n\n".utf8)

    /// The last event: why there are no more, and what to do.
    static func end(_ reason: StreamEnd) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("reason", reason.rawValue)
        json.member("detail", reason.detail)
        json.endObject()
        return encode("end", data: json.bytes)
    }
}

/// Why the gateway has ended a stream.
enum StreamEnd: String, Sendable {
    case slow
    case stopping
    case reload
    /// The key or the session that it was opened with has ended.
    case key
    case store

    init(_ end: HTTPBodyStream.End) { self = end == .overflowed ? .slow : .stopping }

    var detail: String {
        switch self {
        case .slow: "events came faster than they were read; connect again with Last-Event-ID, or ask for less"
        case .stopping: "the gateway is stopping; connect again with Last-Event-ID"
        case .reload: "keys or the configuration have changed; connect again with Last-Event-ID"
        case .key: "the key or the session is not in force any more; sign in again, or use another key"
        case .store: "the store is in trouble; see the gateway's log and connect again with Last-Event-ID"
        }
    }
}
