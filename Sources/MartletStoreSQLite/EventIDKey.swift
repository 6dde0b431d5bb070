// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore

/// An event's id as a number of 128 bits: in memory and in `event_ids` less than half of its text.
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

    /// The column's value; blobs compare as the numbers do.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { output, count in
            for index in 0..<8 {
                output[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
                output[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * index))
            }
            count = 16
        }
    }

    static func < (left: EventIDKey, right: EventIDKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
