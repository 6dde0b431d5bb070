// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct RetryAfterTests {
    /// 1994-11-06T08:49:37Z.
    private let moment = Timestamp(milliseconds: 784_111_777_000)

    @Test(
        arguments: [
            ("0", 0), ("120", 120), (" 120", 120), ("120\t ", 120), ("000120", 120), ("86400", 86_400),
            ("9223372036854775807", 1 << 40),
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
            ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400), ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
            ("Monday, 07-Nov-94 08:49:37 GMT", 86_400), ("Sun Nov  6 08:50:37 1994", 60),
            ("Wed Nov 16 08:49:37 1994", 864_000), ("Thu, 29 Feb 1996 00:00:00 GMT", 41_440_223),
            ("Sun, 06 Nov 1994 08:49:60 GMT", 23), ("Sunday, 06-Nov-44 08:49:37 GMT", 1_577_923_200),
            ("Sunday, 06-Nov-45 08:49:37 GMT", 0), ("Sunday, 06-Nov-69 08:49:37 GMT", 0),
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
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 31 Feb 1995 08:49:37 GMT", "Wed, 29 Feb 1995 08:49:37 GMT",
        "Mon, 31 Apr 1995 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994  08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 +8:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 31-Feb-95 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 94", "1 20", "12\n0", "0x10",
    ])
    func refusesOtherText(text: String) {
        #expect(RetryAfter.pause(text, now: moment) == nil)
    }
}
