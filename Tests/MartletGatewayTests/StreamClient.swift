// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletNet
import MartletTesting
import MartletWire

@testable import MartletGateway

/// A client of `/v1/stream`, one event after the other.
///
/// Reading blocks, and happens on Dispatch's threads, since the gateway in this process may need Swift's few.
final class StreamClient: Sendable {
    struct Message: Sendable {
        var name: String
        var id: Int64?
        var object: JSONObject

        func text(_ name: String) -> String? {
            switch object[name] {
            case .string(let text), .number(let text): text
            default: nil
            }
        }
    }

    struct Refused: Error {
        var text: String
    }

    // Unchecked: one call of `next` at a time, and each hands the client on to one thread.
    private final class Socket: @unchecked Sendable {
        let client: RawClient
        /// Chunks that have been taken apart, and what has not been.
        var text: [UInt8] = []
        var raw: [UInt8] = []
        var isAtEnd = false
        init(_ client: RawClient) { self.client = client }
    }

    private let socket: Socket

    init(
        _ harness: GatewayHarness,
        _ query: String = "",
        key: String? = "admin-key-0123456789",
        headers: [(String, String)] = [],
        lastEventID: Int64? = nil
    ) async throws {
        let port = harness.gateway.adminAddress.port
        socket = try await Self.elsewhere {
            let client = try RawClient(port: port)
            var fields = headers
            if let key { fields.append(("Authorization", "Bearer \(key)")) }
            if let lastEventID { fields.append(("Last-Event-ID", String(lastEventID))) }
            let head = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
            try client.send("GET /v1/stream\(query) HTTP/1.1\r\nHost: h\r\n\(head)\r\n")
            let socket = Socket(client)
            while true {
                let text = String(decoding: socket.raw, as: UTF8.self)
                let head = Array("\r\n\r\n".utf8)
                if let end = (0..<max(0, socket.raw.count - 3)).first(where: { socket.raw[$0...].starts(with: head) }) {
                    guard text.hasPrefix("HTTP/1.1 200 ") else { throw Refused(text: text) }
                    socket.raw.removeSubrange(..<(end + 4))
                    return socket
                }
                let bytes = try client.readOnce()
                if bytes.isEmpty { throw Refused(text: text) }
                socket.raw += bytes
            }
        }
    }

    /// The next event; nil at the end of the stream.
    func next() async throws -> Message? {
        try await Self.elsewhere { [socket] in
            while true {
                if let message = Self.take(&socket.text) { return message }
                if try !Self.unchunk(socket) {
                    if socket.isAtEnd { return nil }
                    let bytes = try socket.client.readOnce()
                    if bytes.isEmpty { throw Refused(text: "cut off") }
                    socket.raw += bytes
                }
            }
        }
    }

    /// The next event of that name.
    func next(_ name: String) async throws -> Message {
        while let message = try await next() {
            if message.name == name { return message }
        }
        throw Refused(text: "ended without \(name)")
    }

    func close() { socket.client.close() }

    /// Takes one event out of the text; nil if there is no whole one.
    private static func take(_ text: inout [UInt8]) -> Message? {
        while let end = text.indices.dropLast().first(where: { text[$0] == 0x0A && text[$0 + 1] == 0x0A }) {
            let lines = String(decoding: text[..<end], as: UTF8.self).split(separator: "\n")
            text.removeSubrange(...(end + 1))
            func field(_ name: String) -> String? {
                lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
            }
            guard let name = field("event") else { continue }
            let data = lines.filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }.joined(separator: "\n")
            let object = (try? JSONReader.read(Array(data.utf8)))?.object ?? JSONObject()
            return Message(name: name, id: field("id").flatMap { Int64($0) }, object: object)
        }
        return nil
    }

    /// Moves one chunk over; false if there is no whole one.
    private static func unchunk(_ socket: Socket) throws -> Bool {
        guard let line = socket.raw.firstIndex(of: 0x0D),
            let size = Int(String(decoding: socket.raw[..<line], as: UTF8.self), radix: 16),
            socket.raw.count >= line + 4 + size
        else { return false }
        socket.text += socket.raw[(line + 2)..<(line + 2 + size)]
        socket.raw.removeSubrange(..<(line + 4 + size))
        if size == 0 { socket.isAtEnd = true }
        return size > 0
    }

    private static func elsewhere<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }
}
