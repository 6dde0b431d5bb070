// SPDX-License-Identifier: Apache-2.0

/// A decimal number as text, exact: money never passes through a binary float (providers.md section 1, rule 8).
package struct DecimalText: Hashable, Sendable, CustomStringConvertible {
    /// Canonical form: no exponent, no padding zeros, `0` for zero.
    ///
    /// `207.00000000` is `207`, `1.0E-5` is `0.00001`.
    package let canonical: String
    package var description: String { canonical }

    /// Digits of one number, as received and written out without its exponent.
    ///
    /// A larger expansion (such as `1e99999`)
    /// is refused instead of filling the memory.
    package static let maximumDigits = 100

    /// Reads an optional sign, digits with an optional fraction, and an optional exponent.
    ///
    /// Nil for anything else: spaces, commas, a bare point, `NaN`, or more than `maximumDigits` digits.
    package init?(_ text: some StringProtocol) {
        var copy = String(text)
        if let plain = copy.withUTF8(Self.trimmed) {
            canonical = plain
            return
        }
        guard let parsed = Self.parse(Array(copy.utf8)) else { return nil }
        canonical = Self.render(negative: parsed.negative, digits: parsed.digits, scale: parsed.scale)
    }

    /// The short way for what nearly every amount is: digits, and perhaps a fraction.
    ///
    /// Nil for anything else.
    private static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        guard !text.isEmpty, text.count <= maximumDigits else { return nil }
        var point: Int?
        for index in text.indices {
            let byte = text[index]
            if byte == 0x2E, point == nil {
                point = index
            } else if byte < 0x30 || byte > 0x39 {
                return nil
            }
        }
        let wholeEnd = point ?? text.count
        guard wholeEnd > 0, point != text.count - 1 else { return nil }
        var start = 0
        while start < wholeEnd - 1, text[start] == 0x30 { start += 1 }
        var end = text.count
        if point != nil {
            while text[end - 1] == 0x30 { end -= 1 }
            if end - 1 == wholeEnd { end = wholeEnd }
        }
        return String(decoding: UnsafeBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
    }

    /// A whole number of minor units, `units` divided by ten to the power of `scale`.
    ///
    /// 600000 with scale 2 is `6000`.
    package init(units: UInt64, scale: Int) {
        canonical = Self.render(negative: false, digits: String(units).utf8.map { $0 - 48 }, scale: scale)
    }

    /// This number rounded half-even to `places` digits after the point; fewer than none counts as none.
    package func rounded(toPlaces places: Int) -> DecimalText {
        let places = max(0, places)
        guard let parsed = Self.parse(Array(canonical.utf8)), parsed.scale > places else { return self }
        // A canonical number has a digit before its point, so that at least one digit is kept.
        let kept = parsed.digits.count - (parsed.scale - places)
        var digits = Array(parsed.digits[..<kept])
        let next = parsed.digits[kept]
        let isHalf = next == 5 && parsed.digits[(kept + 1)...].allSatisfy { $0 == 0 }
        if next > 5 || (next == 5 && !isHalf) || (isHalf && (digits.last ?? 0) % 2 == 1) {
            var index = digits.count - 1
            while index >= 0 && digits[index] == 9 {
                digits[index] = 0
                index -= 1
            }
            if index >= 0 { digits[index] += 1 } else { digits.insert(1, at: 0) }
        }
        return DecimalText(canonical: Self.render(negative: parsed.negative, digits: digits, scale: places))
    }

    private init(canonical: String) { self.canonical = canonical }

    private static func parse(_ bytes: [UInt8]) -> (negative: Bool, digits: [UInt8], scale: Int)? {
        var index = 0
        var negative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            negative = bytes[index] == 0x2D
            index += 1
        }
        var digits: [UInt8] = []
        func readDigits() -> Int {
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                digits.append(bytes[index] - 48)
                index += 1
            }
            return index - start
        }
        guard readDigits() > 0 else { return nil }
        var scale = 0
        if index < bytes.count, bytes[index] == 0x2E {
            index += 1
            scale = readDigits()
            guard scale > 0 else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            let exponentText = String(decoding: bytes[index...], as: UTF8.self)
            let range = -maximumDigits...maximumDigits
            guard let exponent = Int(exponentText), range.contains(exponent) else { return nil }
            scale -= exponent
            index = bytes.count
        }
        guard index == bytes.count, digits.count <= maximumDigits else { return nil }
        if scale < 0 {
            digits.append(contentsOf: [UInt8](repeating: 0, count: -scale))
            scale = 0
        }
        guard max(digits.count, scale + 1) <= maximumDigits else { return nil }
        return (negative, digits, scale)
    }

    private static func render(negative: Bool, digits: [UInt8], scale: Int) -> String {
        var digits = digits
        while digits.count <= scale { digits.insert(0, at: 0) }
        var whole = digits[..<(digits.count - scale)].drop { $0 == 0 }
        var fraction = digits[(digits.count - scale)...]
        while fraction.last == 0 { fraction.removeLast() }
        let isZero = whole.isEmpty && fraction.isEmpty
        if whole.isEmpty { whole = [0] }
        var text: [UInt8] = negative && !isZero ? [0x2D] : []
        text.append(contentsOf: whole.map { $0 + 48 })
        if !fraction.isEmpty {
            text.append(0x2E)
            text.append(contentsOf: fraction.map { $0 + 48 })
        }
        return String(decoding: text, as: UTF8.self)
    }
}
