// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct TimestampReadingTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1970-01-01T00:00:00.5Z", 500),
        ("1970-01-01T00:00:00.25Z", 250), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T20:30:00-03:30", 0),
        ("1969-12-31T23:59:59.999Z", -1), ("2026-11-21T19:11:00.123Z", 1_795_288_260_123),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2024-12-31T23:59:59Z", 1_735_689_599_000),
    ])
    func readsMoments(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T19:11Z", "2026-11-21T19:11:00", "2026-11-21 19:11:00Z",
        "2026-11-21t19:11:00z", "2026-13-21T19:11:00Z", "2026-00-21T19:11:00Z", "2026-11-31T19:11:00Z",
        "2025-02-29T00:00:00Z", "2026-12-32T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T23:60:00Z", "2016-12-31T23:59:60Z", "2026-11-21T19:11:00.Z", "2026-11-21T19:11:00.1234Z",
        "2026-11-21T19:11:00+1:00", "2026-11-21T19:11:00+24:00", "2026-11-21T19:11:00+0100", "2026-11-21T19:11:00Zx",
        " 2026-11-21T19:11:00Z", "+026-11-21T19:11:00Z", "２026-11-21T19:11:00Z", "1795288260",
    ])
    func refusesWhatIsNoMoment(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func readsBackWhatItWrites() {
        var random = SplitMix64()
        for _ in 0..<2000 {
            let moment = Timestamp(milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment, "\(moment.rfc3339), seed \(random.seed)")
        }
    }
}
