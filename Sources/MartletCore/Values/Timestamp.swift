// SPDX-License-Identifier: Apache-2.0

/// A moment of the wall clock in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Comparable, Hashable, Sendable {
    /// Milliseconds since the Unix epoch.
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Whole seconds since the Unix epoch, rounded down.
    package var seconds: Int64 { milliseconds.flooredQuotientAndRemainder(dividingBy: 1000).0 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Saturates instead of overflowing.
    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds.addingSaturated(right.wholeMilliseconds))
    }

    package static func - (left: Timestamp, right: Duration) -> Timestamp { left + (.zero - right) }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds) - .milliseconds(right.milliseconds)
    }

    /// The moments that RFC 3339 can write, whose years have four digits (section 1): 0000 to 9999.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// RFC 3339 text in UTC with milliseconds, such as `2026-11-21T19:11:00.123Z`.
    ///
    /// A moment outside the years 0000 to 9999 is written as the nearest inside.
    package var rfc3339: String {
        let milliseconds = min(max(milliseconds, Self.writable.lowerBound), Self.writable.upperBound)
        let (days, millisOfDay) = milliseconds.flooredQuotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Self.civil(fromDays: days)
        return String(unsafeUninitializedCapacity: 24) { text in
            var count = 0
            func put(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            func digits(_ value: Int64, _ width: Int) {
                var rest = value
                for index in stride(from: width - 1, through: 0, by: -1) {
                    text[count + index] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                count += width
            }
            digits(year, 4)
            put(0x2D)
            digits(month, 2)
            put(0x2D)
            digits(day, 2)
            put(0x54)
            digits(millisOfDay / 3_600_000, 2)
            put(0x3A)
            digits(millisOfDay / 60_000 % 60, 2)
            put(0x3A)
            digits(millisOfDay / 1000 % 60, 2)
            put(0x2E)
            digits(millisOfDay % 1000, 3)
            put(0x5A)
            return count
        }
    }

    /// The civil date of a day number (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.flooredQuotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The day number since 1970-01-01 of a civil date in the Gregorian calendar.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.flooredQuotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded toward zero; saturates instead of overflowing.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let product = seconds.multipliedReportingOverflow(by: 1000)
        if product.overflow { return seconds < 0 ? .min : .max }
        return product.partialValue.addingSaturated(attoseconds / 1_000_000_000_000_000)
    }
}

extension Int64 {
    fileprivate func addingSaturated(_ other: Int64) -> Int64 {
        let sum = addingReportingOverflow(other)
        guard sum.overflow else { return sum.partialValue }
        return other < 0 ? .min : .max
    }

    /// Division that rounds toward negative infinity, so that moments before 1970 keep a positive remainder.
    fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
