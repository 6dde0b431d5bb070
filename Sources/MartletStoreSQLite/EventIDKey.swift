// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// An event's id as a number of 128 bits: in memory less than half of its text.
struct EventIDKey: Hashable, Comparable {
    private let high: UInt64
    private let low: UInt64

    /// Nil unless the id is `evt_` and 32 hexadecimal digits in lower case, as every event's is.
    init?(_ id: EventID) {
        let text = id.rawValue
        guard text.utf8.count == 36, text.hasPrefix("evt_") else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for byte in text.utf8.dropFirst(4) {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        (self.high, self.low) = (high, low)
    }

    /// The first 64 bits, by which `event_ids` finds the event.
    var head: Int64 { Int64(bitPattern: high) }

    static func < (left: EventIDKey, right: EventIDKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
