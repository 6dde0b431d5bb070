// SPDX-License-Identifier: Apache-2.0

/// Reads an HTTP date in all three forms that a recipient must know (RFC 9110 section 5.6.7).
///
/// Strict in every character. That the day of the week fits the date is not asked: whoever has it wrong still means
/// the date.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let shortDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// The moment; nil for any other text and for dates that do not exist.
    ///
    /// `now`: decides the century of a year of two digits.
    package static func read(_ text: [UInt8], now: Timestamp) -> Timestamp? {
        imfFixdate(Reader(text)) ?? rfc850(Reader(text), now: now) ?? asctime(Reader(text))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func imfFixdate(_ start: Reader) -> Timestamp? {
        var reader = start
        guard reader.word(of: shortDays) != nil, reader.skip(", "), let day = reader.digits(2), reader.skip(" "),
            let month = reader.word(of: months), reader.skip(" "), let year = reader.digits(4), reader.skip(" "),
            let time = reader.timeOfDay(), reader.skip(" GMT"), reader.isAtEnd
        else { return nil }
        return moment(year, month + 1, day, time)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ start: Reader, now: Timestamp) -> Timestamp? {
        var reader = start
        guard reader.word(of: longDays) != nil, reader.skip(", "), let day = reader.digits(2), reader.skip("-"),
            let month = reader.word(of: months), reader.skip("-"), let year = reader.digits(2), reader.skip(" "),
            let time = reader.timeOfDay(), reader.skip(" GMT"), reader.isAtEnd
        else { return nil }
        // A date that appears to be more than 50 years ahead is the latest one in the past with those two digits.
        // Fifty years have 18,263 days at most.
        let fiftyYears = Duration.seconds(18_263 * 86_400)
        let candidates = [2100, 2000, 1900].compactMap { moment($0 + year, month + 1, day, time) }
        return candidates.first { $0 - now <= fiftyYears }
    }

    /// `Sun Nov  6 08:49:37 1994`.
    private static func asctime(_ start: Reader) -> Timestamp? {
        var reader = start
        guard reader.word(of: shortDays) != nil, reader.skip(" "), let month = reader.word(of: months),
            reader.skip(" "), let day = reader.skip(" ") ? reader.digits(1) : reader.digits(2), reader.skip(" "),
            let time = reader.timeOfDay(), reader.skip(" "), let year = reader.digits(4), reader.isAtEnd
        else { return nil }
        return moment(year, month + 1, day, time)
    }

    private static func moment(_ year: Int, _ month: Int, _ day: Int, _ secondOfDay: Int) -> Timestamp? {
        guard (1...daysIn(month, of: year)).contains(day) else { return nil }
        let days = Timestamp.days(year: Int64(year), month: Int64(month), day: Int64(day))
        return Timestamp(milliseconds: (days * 86_400 + Int64(secondOfDay)) * 1000)
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ text: [UInt8]) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }

        /// Which of the words stands here.
        mutating func word(of words: [String]) -> Int? {
            guard let index = words.firstIndex(where: { rest.starts(with: $0.utf8) }) else { return nil }
            rest = rest.dropFirst(words[index].utf8.count)
            return index
        }

        mutating func digits(_ count: Int) -> Int? {
            let digits = rest.prefix(count)
            guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(count)
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// `08:49:37` as seconds; the second 60 is a leap second's.
        mutating func timeOfDay() -> Int? {
            guard let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2),
                hour < 24, minute < 60, second <= 60
            else { return nil }
            return hour * 3600 + minute * 60 + second
        }
    }
}
