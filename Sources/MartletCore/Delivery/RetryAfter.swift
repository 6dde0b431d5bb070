// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Reads `Retry-After` (RFC 9110 section 10.2.3): whole seconds, or an HTTP date in one of its three forms.
package enum RetryAfter {
    /// What the answer's header asks for; nil without one, or if it cannot be read.
    package static func pause(of result: AttemptResult, now: Timestamp) -> Duration? {
        result.headers[first: "retry-after"].flatMap { pause($0, now: now) }
    }

    /// The pause asked for; nil if the text is neither form, zero for a date in the past.
    package static func pause(_ text: String, now: Timestamp) -> Duration? {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let bytes = Array(text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number too large to read is longer than any pause that is respected.
            let seconds = Int64(String(decoding: bytes, as: UTF8.self)) ?? .max
            return .seconds(min(seconds, 1 << 40))
        }
        return HTTPDate.read(bytes, now: now).map { max(.zero, $0 - now) }
    }
}
