// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@testable import MartletEngine

@Suite struct RetryAfterTests {
    /// 1994-11-06T08:49:37Z.
    private let moment = Timestamp(milliseconds: 784_111_777_000)

    @Test(
        arguments: [
            ("0", 0), ("120", 120), (" 120", 120), ("000120", 120), ("86400", 86_400), ("9223372036854775807", 1 << 40),
            ("99999999999999999999999", 1 << 40),
        ] as [(String, Int64)]
    )
    func readsSeconds(text: String, seconds: Int64) {
        #expect(RetryAfter.pause(text, now: moment) == .seconds(seconds))
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
            ("Sun, 06 Nov 1994 08:49:00 GMT", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400),
        ] as [(String, Int64)]
    )
    func readsDates(text: String, seconds: Int64) {
        #expect(RetryAfter.pause(text, now: moment) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1.5", "1s", "soon", "１２", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 06 Nov -1994 08:49:37 GMT",
        "Sun, 06 Nov 9223372036854775807 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
    ])
    func refusesOtherText(text: String) {
        #expect(RetryAfter.pause(text, now: moment) == nil)
    }
}
