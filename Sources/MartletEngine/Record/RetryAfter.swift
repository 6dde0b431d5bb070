// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or an HTTP date in its preferred form.
enum RetryAfter {
    /// The pause asked for; nil if the text is neither, zero for a date in the past.
    static func pause(_ text: String, now: Timestamp) -> Duration? {
        let trimmed = text.drop { $0 == " " }
        if !trimmed.isEmpty, trimmed.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            // A number too large to read is longer than any pause that is respected.
            return .seconds(Int64(trimmed).map { min($0, 1 << 40) } ?? 1 << 40)
        }
        guard let date = httpDate(String(trimmed)) else { return nil }
        return max(.zero, date - now)
    }

    /// IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
    private static func httpDate(_ text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", let day = Int64(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int64(parts[3])
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0..<24).contains(clock[0]),
            (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let days = Timestamp.days(year: year, month: Int64(month + 1), day: day)
        return Timestamp(milliseconds: ((days * 24 + clock[0]) * 3600 + clock[1] * 60 + clock[2]) * 1000)
    }
}
