// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("2026-12-01T00:00:00Z", 1_796_083_200_000), ("2026-12-01t01:00:00.5+01:00", 1_796_083_200_500),
            ("2000-02-29T23:59:59.999z", 951_868_799_999), ("1969-12-31T23:59:59.5-00:30", 1_799_500),
            ("2026-12-01T00:00:00.0019999-00:00", 1_796_083_200_001), ("1970-01-01T00:00:00Z", 0),
        ] as [(String, Int64)]
    )
    func readsADateWithTimeAndOffset(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01 00:00:00Z", "2026-12-01T00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-00T00:00:00Z",
        "2026-12-32T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T00:60:00Z", "2016-12-31T23:59:60Z",
        "2026-12-01T00:00:00.Z", "2026-12-01T00:00:00,5Z", "2026-12-01T00:00:00+1:00", "2026-12-01T00:00:00+0100",
        "2026-12-01T00:00:00+24:00", "2026-12-01T00:00:00+00:60", "2026-12-01T00:00:00Z ", " 2026-12-01T00:00:00Z",
        "+2026-12-01T00:00:00Z", "26-12-01T00:00:00Z", "２026-12-01T00:00:00Z", "1796083200",
    ])
    func refusesAnythingElse(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func readsWhatItWrites() {
        let seed = UInt64.random(in: 1...UInt64.max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let moment = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
            )
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment, "seed \(seed), \(moment.rfc3339)")
        }
    }
}
