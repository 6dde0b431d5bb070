// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

@Suite struct DecimalTextOrderTests {
    /// From the least to the greatest; none is equal to another.
    private static let ascending = [
        "-1000", "-999.5", "-12.5", "-12.45", "-12", "-1", "-0.1", "-0.09", "0", "0.00000000000000000001", "0.09",
        "0.1",
        "0.11", "1", "9", "10", "10.000000000000000000000000000000000001", "12", "12.45", "12.5", "99", "100",
        "123456789012345678901234567890", "123456789012345678901234567890.1",
    ]

    @Test func ordersEveryPairByValue() throws {
        let numbers = try Self.ascending.map { try #require(DecimalText($0)) }
        for (i, left) in numbers.enumerated() {
            for (j, right) in numbers.enumerated() {
                #expect((left < right) == (i < j), "\(left) and \(right)")
                #expect((left == right) == (i == j), "\(left) and \(right)")
            }
        }
    }

    @Test(arguments: [("1.0", "1"), ("1e2", "100"), ("-0", "0"), ("007.50", "7.5")])
    func spellingsOfOneNumberAreNeitherLessNorGreater(left: String, right: String) throws {
        let (left, right) = (try #require(DecimalText(left)), try #require(DecimalText(right)))
        #expect(left == right)
        #expect(!(left < right) && !(left > right))
    }

    @Test func agreesWithFoundationOnRandomNumbers() throws {
        var random = SplitMix64()
        for _ in 0..<2000 {
            let texts = (0..<2).map { _ in Self.text(&random) }
            let (left, right) = (try #require(DecimalText(texts[0])), try #require(DecimalText(texts[1])))
            let expected = try #require(Decimal(string: texts[0])) < #require(Decimal(string: texts[1]))
            #expect((left < right) == expected, "\(texts), seed \(random.seed)")
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let whole = Int.random(in: -20...20, using: &random)
        return "\(whole).\(Int.random(in: 0..<30, using: &random))"
    }
}
