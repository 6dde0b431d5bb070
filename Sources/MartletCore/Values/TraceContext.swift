// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// The trace that an event belongs to (W3C Trace Context level 1, section 3.2).
///
/// `tracestate` is not kept: it is vendors' text from outside, and no participant has to pass it on.
package struct TraceContext: Sendable, Equatable {
    private let high: UInt64
    private let low: UInt64
    /// Whether the caller may have recorded the trace; what is derived says so as well.
    package let isSampled: Bool

    /// Reads a `traceparent`; nil unless it is valid to the letter (section 3.2.2.3 and 3.2.2.4).
    ///
    /// A later version than `00` may have more to say after a further dash; what is known of it is read as `00`.
    package init?(traceparent: String) {
        let bytes = Array(traceparent.utf8.prefix(56))
        guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let version = Self.number(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version > 0 && bytes[55] == Self.dash),
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]), high | low != 0,
            let parent = Self.number(bytes[36..<52]), parent != 0,
            let flags = Self.number(bytes[53..<55])
        else { return nil }
        (self.high, self.low, isSampled) = (high, low, flags & 1 == 1)
    }

    /// Reads the one `traceparent` of a request; nil without a valid one, or where there are several.
    package init?(_ headers: HeaderFields) {
        var found: String?
        for field in headers.fields where field.name.utf8.count == 11 {
            guard field.name.equalsIgnoringASCIICase("traceparent") else { continue }
            guard found == nil else { return nil }
            found = field.value
        }
        guard let found else { return nil }
        self.init(traceparent: found)
    }

    /// The trace of an event that came without one: its own id, so the same from every gateway and after every restart.
    package init(of event: EventID) {
        let digits = event.hexDigits.utf8
        high = digits.count == 32 ? Self.number(digits.prefix(16)) ?? 0 : 0
        // An id of another form is never stored; all zeros would be no trace id.
        low = digits.count == 32 ? Self.number(digits.suffix(16)) ?? 1 : 1
        isSampled = true
    }

    /// 32 hexadecimal digits.
    package var id: String {
        String(unsafeUninitializedCapacity: 32) { text in
            Self.write(high, to: text, at: 0)
            Self.write(low, to: text, at: 16)
            return 32
        }
    }

    /// The header of one request within the trace (section 3.2.2); `span` is not zero.
    package func traceparent(span: UInt64) -> String {
        String(unsafeUninitializedCapacity: 55) { text in
            _ = text.update(fromContentsOf: "00-".utf8)
            Self.write(high, to: text, at: 3)
            Self.write(low, to: text, at: 19)
            text[35] = Self.dash
            Self.write(span, to: text, at: 36)
            text[52] = Self.dash
            text[53] = UInt8(ascii: "0")
            text[54] = UInt8(ascii: isSampled ? "1" : "0")
            return 55
        }
    }

    private static let dash = UInt8(ascii: "-")

    /// Sixteen digits.
    private static func write(_ number: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * index)) & 0xF
            text[start + index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
    }

    /// At most sixteen digits in lower case, as section 3.2.2 asks; nil for anything else.
    private static func number(_ digits: some Sequence<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in digits {
            switch byte {
            case 0x30...0x39: number = number << 4 | UInt64(byte - 0x30)
            case 0x61...0x66: number = number << 4 | UInt64(byte - 0x57)
            default: return nil
            }
        }
        return number
    }
}

extension TraceContext {
    /// As the store keeps it: the trace id, a dash and the flags.
    package var stored: String { id + (isSampled ? "-01" : "-00") }

    /// Reads what `stored` has written.
    package init?(stored: String) {
        self.init(traceparent: "00-\(stored.prefix(32))-0000000000000001\(stored.dropFirst(32))")
    }
}
