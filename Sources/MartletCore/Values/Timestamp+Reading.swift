// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// Reads a moment as RFC 3339 section 5.6 writes it, such as `2026-11-21T19:11:00Z` or `2026-11-21T20:11:00.5+01:00`.
    ///
    /// Nil for anything else: a date alone, small letters, more than three digits after the point (a timestamp has
    /// milliseconds), a day that the month does not have, or a leap second.
    package init?(rfc3339 text: String) {
        var digits = MomentReader(text)
        guard let year = digits.number(4), digits.take("-"), let month = digits.number(2, in: 1...12),
            digits.take("-"), let day = digits.number(2, in: 1...31), digits.take("T"),
            let hour = digits.number(2, in: 0...23), digits.take(":"), let minute = digits.number(2, in: 0...59),
            digits.take(":"), let second = digits.number(2, in: 0...59), let fraction = digits.milliseconds(),
            let offset = digits.offset(), digits.isAtEnd
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let nextMonth = month == 12 ? Self.days(year: year + 1, month: 1, day: 1) : nil
        guard days < nextMonth ?? Self.days(year: year, month: month + 1, day: 1) else { return nil }
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }
}

/// Goes through the text of a moment from left to right.
private struct MomentReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int, in range: ClosedRange<Int64> = 0...9999) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<width {
            guard let byte = rest.first, byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int64(byte - 0x30)
            rest.removeFirst()
        }
        return range.contains(number) ? number : nil
    }

    /// The digits after the point; 0 without one.
    mutating func milliseconds() -> Int64? {
        guard take(".") else { return 0 }
        let width = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        guard (1...3).contains(width), let number = number(width) else { return nil }
        return number * [100, 10, 1][width - 1]
    }

    /// Minutes that the written time is ahead of UTC.
    mutating func offset() -> Int64? {
        if take("Z") { return 0 }
        let isBehind = take("-")
        guard isBehind || take("+"), let hours = number(2, in: 0...23), take(":"), let minutes = number(2, in: 0...59)
        else { return nil }
        return (hours * 60 + minutes) * (isBehind ? -1 : 1)
    }
}
