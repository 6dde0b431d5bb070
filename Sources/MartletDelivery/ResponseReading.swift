// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// What has come of an answer: headers of the final response and the first bytes of its body, both bounded.
struct ResponseReading {
    /// Gathered here, because a list that keeps its room spares allocations on every answer.
    private var fields: [HeaderFields.Field] = []
    private(set) var body: [UInt8] = []
    /// The body was longer than its limit and was cut there.
    private(set) var isCut = false
    private(set) var isHeaderTooLarge = false
    /// Something of an answer came.
    var hasBegun: Bool { headerBytesSeen > 0 }
    /// A status line came and the final response's header block has not ended.
    var isInsideHeader: Bool { headerBytesSeen > 0 && !isHeaderComplete }

    /// The final response's fields, in order.
    var headers: HeaderFields { HeaderFields(fields: fields) }

    private var isHeaderComplete = false
    private var bodyLimit = 0
    private var expectsStatusLine = true
    private var isInterim = false
    private var headerBytesSeen = 0
    private var headerBytesStored = 0
    private let bytesKept: Int
    private let bytesRead: Int

    init(limits: CurlLimits) {
        bytesKept = limits.headerBytesKept
        bytesRead = limits.headerBytesRead
    }

    mutating func begin(bodyLimit limit: Int) {
        self.bodyLimit = limit
        fields.removeAll(keepingCapacity: true)
        body = []
        isCut = false
        isHeaderTooLarge = false
        isHeaderComplete = false
        expectsStatusLine = true
        isInterim = false
        headerBytesSeen = 0
        headerBytesStored = 0
    }

    /// Takes one header line, its line end included; false ends the transfer.
    mutating func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        headerBytesSeen += line.count
        guard headerBytesSeen <= bytesRead else {
            isHeaderTooLarge = true
            return false
        }
        // Trailers come the same way (CURLOPT_HEADERFUNCTION(3)); they are counted, not kept.
        guard !isHeaderComplete else { return true }
        if expectsStatusLine {
            expectsStatusLine = false
            isInterim = Self.isInterim(statusLine: line)
        } else if line.count <= 2, line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
            // An interim response (RFC 9110 section 15.2) is followed by another status line.
            expectsStatusLine = isInterim
            isHeaderComplete = !isInterim
        } else if !isInterim {
            keep(line)
        }
        return true
    }

    /// Takes a part of the body and returns whether the transfer goes on.
    mutating func receive(body part: UnsafeRawBufferPointer) -> Bool {
        let room = bodyLimit - body.count
        body.append(contentsOf: part.prefix(max(room, 0)))
        isCut = part.count > room
        return !isCut
    }

    private mutating func keep(_ line: UnsafeRawBufferPointer) {
        // Counted also when it is left out, so that no later and shorter field is kept in its stead.
        headerBytesStored += line.count
        guard headerBytesStored <= bytesKept, let colon = line.firstIndex(of: 0x3A) else { return }
        var start = colon + 1
        var end = line.count
        while start < end, Self.isBlank(line[start]) { start += 1 }
        while end > start, Self.isBlank(line[end - 1]) { end -= 1 }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        fields.append(.init(name: name, value: String(decoding: line[start..<end], as: UTF8.self)))
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    /// Whether the status code begins with 1: `HTTP/1.1 103 Early Hints`, `HTTP/2 103`.
    private static func isInterim(statusLine line: UnsafeRawBufferPointer) -> Bool {
        guard let space = line.firstIndex(of: 0x20), space + 1 < line.count else { return false }
        return line[space + 1] == 0x31
    }
}
