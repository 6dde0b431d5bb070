// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Takes a stream of server-sent events apart (HTML Standard, section 9.2.6).
struct EventStreamReader {
    /// One event, or only a new place where `name` is empty.
    struct Item: Sendable {
        var name: String
        var id: Int64?
        var data: [UInt8]

        /// The data as JSON.
        var object: JSONObject { (try? JSONReader.read(data))?.object ?? JSONObject() }
    }

    /// An event is never larger than this; what is larger is no stream of Martlet's.
    static let limit = 4 << 20

    private var buffer: [UInt8] = []
    private var name = ""
    private var id: Int64?
    private var data: [UInt8]?
    /// A line was longer than the limit.
    private(set) var isBroken = false

    /// The events that are complete with these bytes.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> [Item] {
        buffer += bytes
        var items: [Item] = []
        var start = 0
        while let end = buffer[start...].firstIndex(of: 0x0A) {
            var line = buffer[start..<end]
            if line.last == 0x0D { line.removeLast() }
            if let item = take(line) { items.append(item) }
            start = end + 1
        }
        buffer.removeFirst(start)
        isBroken = buffer.count > Self.limit || (data?.count ?? 0) > Self.limit
        return items
    }

    private mutating func take(_ line: ArraySlice<UInt8>) -> Item? {
        if line.isEmpty {
            defer { (name, id, data) = ("", nil, nil) }
            guard data != nil || id != nil else { return nil }
            return Item(name: data == nil ? "" : name.isEmpty ? "message" : name, id: id, data: data ?? [])
        }
        // A comment.
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { return nil }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "id": id = Int64(String(decoding: value, as: UTF8.self))
        case "data": data = data.map { $0 + [0x0A] + value } ?? Array(value)
        default: break
        }
        return nil
    }
}
