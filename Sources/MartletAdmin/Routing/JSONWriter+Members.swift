// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire

/// Members as the admin API writes them.
extension JSONWriter {
    mutating func member(_ name: StaticString, strings: [String]) {
        self.name(name)
        beginArray()
        for string in strings { self.string(string) }
        endArray()
    }

    mutating func member(_ name: StaticString, bool value: Bool) {
        self.name(name)
        bool(value)
    }

    mutating func member(_ name: StaticString, number value: Double?) {
        self.name(name)
        if let value { raw(Array("\(value)".utf8)) } else { null() }
    }

    mutating func member(_ name: StaticString, _ moment: Timestamp?) { member(name, moment?.rfc3339) }

    /// As the configuration writes it, in the largest unit that needs no fraction: `15s`, `250ms`.
    mutating func member(_ name: StaticString, duration: Duration) { member(name, Self.text(of: duration)) }

    static func text(of duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        let unit = units.first { milliseconds >= $0.1 && milliseconds % $0.1 == 0 } ?? ("ms", 1)
        return "\(milliseconds / unit.1)\(unit.0)"
    }
}

extension HTTPResponse {
    /// An answer that no cache may keep: it holds payments, and is out of date at once.
    static func json(_ status: Int = 200, _ write: (inout JSONWriter) -> Void) -> HTTPResponse {
        var json = JSONWriter(capacity: 4096)
        write(&json)
        return HTTPResponse(
            status: status,
            headers: HeaderFields([("Content-Type", "application/json"), ("Cache-Control", "no-store")]),
            body: json.bytes
        )
    }

    /// One page of a list: `data`, and `nextCursor` unless it is the last.
    static func page<Element>(
        _ page: ListPage<Element>,
        _ write: (Element, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        .json { json in
            json.beginObject()
            json.name("data")
            json.beginArray()
            for element in page.elements { write(element, &json) }
            json.endArray()
            json.member("nextCursor", page.nextCursor)
            json.endObject()
        }
    }
}
