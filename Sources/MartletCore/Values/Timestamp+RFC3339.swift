// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// Reads a date with time and offset, such as `2026-12-01T00:00:00Z` or `2026-12-01T01:00:00.5+01:00`.
    ///
    /// Digits beyond milliseconds are dropped. Nil for anything else, a day that is not in the calendar, and a leap
    /// second, which Unix time cannot tell from the next one (RFC 3339 section 5.6).
    package init?(rfc3339 text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), (1...12).contains(month),
            reader.take("-"), let day = reader.number(2), day >= 1, reader.take("Tt"),
            let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60,
            reader.take(":"), let second = reader.number(2), second < 60, let milliseconds = reader.fraction(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let first = Self.days(year: year, month: month, day: 1)
        let next =
            month == 12 ? Self.days(year: year + 1, month: 1, day: 1) : Self.days(year: year, month: month + 1, day: 1)
        guard day <= next - first else { return nil }
        let minutes = ((first + day - 1) * 24 + hour) * 60 + minute - offset
        self.init(milliseconds: (minutes * 60 + second) * 1000 + milliseconds)
    }
}

/// Goes through a text from one field to the next.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var digit: Int64? { next.flatMap { (0x30...0x39).contains($0) ? Int64($0 - 0x30) : nil } }

    /// Passes one of these characters.
    mutating func take(_ characters: String) -> Bool {
        guard let next, characters.utf8.contains(next) else { return false }
        position += 1
        return true
    }

    /// A number of exactly so many digits.
    mutating func number(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit else { return nil }
            value = value * 10 + digit
            position += 1
        }
        return value
    }

    /// Milliseconds of a fraction of a second; zero if there is none.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        guard digit != nil else { return nil }
        var value: Int64 = 0
        var weight: Int64 = 100
        while let digit {
            value += digit * weight
            weight /= 10
            position += 1
        }
        return value
    }

    /// Minutes that the local time is ahead of UTC.
    mutating func offset() -> Int64? {
        if take("Zz") { return 0 }
        let isBehind = next == 0x2D
        guard take("+-"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else {
            return nil
        }
        return (hours * 60 + minutes) * (isBehind ? -1 : 1)
    }
}
