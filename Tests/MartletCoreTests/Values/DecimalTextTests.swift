// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("207.00000000", "207"), ("1.0E-5", "0.00001"), ("0", "0"), ("-0", "0"), ("-0.000", "0"), ("+5", "5"),
        ("007", "7"), ("00.50", "0.5"), ("-1.10", "-1.1"), ("1e2", "100"), ("1E+2", "100"), ("1.25e1", "12.5"),
        ("12.5e-3", "0.0125"), ("0e99", "0"), ("0.1", "0.1"), ("100", "100"), ("1000000", "1000000"),
        ("79228162514264337593543950336", "79228162514264337593543950336"), ("123.456e3", "123456"), ("1e0", "1"),
        ("317.42", "317.42"), ("1.5e-0", "1.5"),
    ])
    func writesTheCanonicalForm(text: String, canonical: String) {
        #expect(DecimalText(text)?.canonical == canonical)
    }

    @Test(arguments: [
        "", " ", " 1", "1 ", "1,5", ".", ".5", "5.", "-", "+", "--1", "+-1", "1e", "1e+", "e5", "1e5.0", "1e 5", "NaN",
        "inf", "0x10", "1_000", "１２", "1.2.3", "1\u{0}", "1e--5", "1e99999", "1e-99999",
        "1e-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999", "1e+-5", "1\u{301}",
    ])
    func refusesWhatIsNoDecimal(text: String) {
        #expect(DecimalText(text) == nil)
    }

    @Test func boundsTheDigitsBothAsReceivedAndWrittenOut() {
        #expect(DecimalText(String(repeating: "9", count: 100)) != nil)
        #expect(DecimalText(String(repeating: "9", count: 101)) == nil)
        #expect(DecimalText("1e99")?.canonical.count == 100)
        #expect(DecimalText("1e100") == nil)
        #expect(DecimalText("1e-99")?.canonical.utf8.count == 101)
        #expect(DecimalText("1e-100") == nil)
        #expect(DecimalText(String(repeating: "1", count: 65_536)) == nil)
        #expect(DecimalText(String(repeating: "0", count: 65_536)) == nil)
    }

    @Test(arguments: [
        ("9.995", 2, "10"), ("9.985", 2, "9.98"), ("9.975", 2, "9.98"), ("0.5", 0, "0"), ("1.5", 0, "2"),
        ("2.5", 0, "2"), ("0.50000001", 0, "1"), ("-2.5", 0, "-2"), ("-3.5", 0, "-4"), ("-0.4", 0, "0"),
        ("99.9", 0, "100"), ("0.05", 1, "0"), ("0.15", 1, "0.2"), ("0.25", 1, "0.2"), ("0.049", 1, "0"),
        ("0.0000004", 2, "0"), ("0.006", 2, "0.01"), ("0.005", 2, "0"), ("0.015", 2, "0.02"), ("12", 2, "12"),
        ("12.3", 2, "12.3"), ("12.345", 8, "12.345"), ("999.999", 2, "1000"), ("0.999", 2, "1"), ("7.5", -3, "8"),
    ])
    func roundsHalfEven(text: String, places: Int, rounded: String) throws {
        #expect(try #require(DecimalText(text)).rounded(toPlaces: places).canonical == rounded)
    }

    @Test func roundsTheSmallestNumber() throws {
        #expect(try #require(DecimalText("1e-99")).rounded(toPlaces: 2).canonical == "0")
        #expect(try #require(DecimalText("6e-99")).rounded(toPlaces: 98).canonical.hasSuffix("01"))
    }

    @Test func roundsAsFoundationDoes() throws {
        var random = SplitMix64()
        for _ in 0..<3000 {
            let whole = Int64.random(in: -100_000...100_000, using: &random)
            let fraction = String(Int64.random(in: 0...999_999, using: &random))
            let text = "\(whole).\(String(repeating: "0", count: Int.random(in: 0...2, using: &random)))\(fraction)"
            let places = Int.random(in: 0...6, using: &random)
            var exact = try #require(Decimal(string: text))
            var expected = Decimal()
            NSDecimalRound(&expected, &exact, places, .bankers)
            let found = try #require(DecimalText(text)).rounded(toPlaces: places).canonical
            #expect(found == expected.description, "\(text) to \(places), seed \(random.seed)")
        }
    }

    @Test func canonicalFormIsAFixedPoint() throws {
        var random = SplitMix64()
        for _ in 0..<3000 {
            let digits = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }
            let point = Int.random(in: 1...digits.count, using: &random)
            var text = digits[..<point].joined()
            if point < digits.count { text += "." + digits[point...].joined() }
            if Bool.random(using: &random) { text = "-" + text }
            if Bool.random(using: &random) { text += "e\(Int.random(in: -50...50, using: &random))" }
            let first = try #require(DecimalText(text), "\(text), seed \(random.seed)")
            #expect(DecimalText(first.canonical) == first, "\(text), seed \(random.seed)")
            #expect(!first.canonical.contains("e"))
        }
    }

    @Test func writesMinorUnits() {
        #expect(DecimalText(units: 600_000, scale: 2).canonical == "6000")
        #expect(DecimalText(units: 5, scale: 2).canonical == "0.05")
        #expect(DecimalText(units: 0, scale: 2).canonical == "0")
        #expect(DecimalText(units: .max, scale: 0).canonical == "18446744073709551615")
        #expect(DecimalText(units: 12_345, scale: 2).canonical == "123.45")
    }
}
