// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_288_260_123, "2026-11-21T19:11:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-1000, "1969-12-31T23:59:59.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func rendersKnownMoments(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test(
        arguments: [
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"), (.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func rendersWhatRFC3339CannotWriteAsTheNearestItCan(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test func agreesWithFoundation() {
        var random = SplitMix64()
        let formatter = ISO8601DateFormatter()
        // From 1600, since Foundation's calendar turns Julian before 1582; to the end of 9999.
        for _ in 0..<5000 {
            let second = Int64.random(in: -11_676_096_000...253_402_300_799, using: &random)
            let millisecond = Int64.random(in: 0...999, using: &random)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(second))).dropLast()
            let padded = String(repeating: "0", count: 3 - String(millisecond).count) + String(millisecond)
            let moment = Timestamp(milliseconds: second * 1000 + millisecond)
            #expect(moment.rfc3339 == "\(expected).\(padded)Z", "seed \(random.seed)")
            #expect(moment.seconds == second, "seed \(random.seed)")
        }
    }

    @Test func numbersEveryDayOfEightHundredYearsOnce() {
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        var expected = Timestamp.days(year: 1600, month: 1, day: 1)
        #expect(Timestamp.days(year: 1970, month: 1, day: 1) == 0)
        #expect(Timestamp.days(year: 2024, month: 2, day: 29) == 19_782)
        for year in Int64(1600)..<2400 {
            for month in Int64(1)...12 {
                let lengths: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                for day in 1...lengths[Int(month) - 1] {
                    #expect(Timestamp.days(year: year, month: month, day: day) == expected)
                    expected += 1
                }
            }
        }
    }

    @Test func roundTripsThroughItsText() throws {
        var random = SplitMix64()
        for _ in 0..<2000 {
            let day = Int64.random(in: -719_528...2_932_896, using: &random)
            let parts = Timestamp(milliseconds: day * 86_400_000).rfc3339.prefix(10).split(separator: "-")
            let numbers = try parts.map { try #require(Int64($0)) }
            #expect(Timestamp.days(year: numbers[0], month: numbers[1], day: numbers[2]) == day, "seed \(random.seed)")
        }
    }

    @Test func roundsSecondsDown() {
        #expect(Timestamp(milliseconds: 1999).seconds == 1)
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp(milliseconds: -1000).seconds == -1)
        #expect(Timestamp(milliseconds: -1001).seconds == -2)
        #expect(Timestamp(milliseconds: .min).seconds == -9_223_372_036_854_776)
    }

    @Test func arithmeticSaturates() {
        let first = Timestamp(milliseconds: .min)
        let last = Timestamp(milliseconds: .max)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(first + .seconds(-1) == first)
        #expect(last + .seconds(Int64.max) == last)
        #expect((last - first) > .zero)
        #expect((first - last) < .zero)
        #expect(Timestamp.noon + .milliseconds(5) - .noon == .milliseconds(5))
    }

    @Test func countsWholeMillisecondsAndSaturates() {
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1999).wholeMilliseconds == -1)
        #expect(Duration.zero.wholeMilliseconds == 0)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
        // The seconds still fit, the milliseconds after them no longer do.
        let edge = Duration(secondsComponent: 9_223_372_036_854_775, attosecondsComponent: 999_000_000_000_000_000)
        #expect(edge.wholeMilliseconds == .max)
        let low = Duration(secondsComponent: -9_223_372_036_854_775, attosecondsComponent: -999_000_000_000_000_000)
        #expect(low.wholeMilliseconds == .min)
    }
}
