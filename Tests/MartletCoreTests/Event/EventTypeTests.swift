// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EventTypeTests {
    @Test func listsEveryTypeOnce() {
        #expect(Set(EventType.all).count == EventType.all.count)
        #expect(EventType.all.count == 21)
        #expect(
            EventType.all.filter(\.isRefund).map(\.rawValue) == [
                "payment.refund_pending", "payment.refunded", "payment.refund_failed",
            ]
        )
        #expect(EventType.all.allSatisfy { EventPattern($0.rawValue)?.matches($0) == true })
    }

    @Test(arguments: [
        ("*", "payment.paid", true), ("payment.*", "payment.paid", true), ("payment.*", "payment", false),
        ("payment.*", "payments.paid", false), ("payment.*", "payout.paid", false), ("pay.*", "payment.paid", false),
        ("payment.paid", "payment.paid", true), ("payment.paid", "payment.paid_late", false),
        ("payment", "payment.paid", false), ("endpoint.disabled", "endpoint.disabled", true),
        ("payment.refund_pending", "payment.refund_pending", true), ("a.b.*", "a.b.c", true), ("a.b.*", "a.bc", false),
    ])
    func matches(pattern: String, type: String, expected: Bool) throws {
        #expect(try #require(EventPattern(pattern)).matches(EventType(rawValue: type)) == expected)
    }

    @Test(arguments: [
        "", ".", ".*", "*.*", "**", "payment.", ".paid", "payment..paid", "payment.*.*", "*.paid", "Payment.paid",
        "payment paid", "payment.pa*", "payment.paid ", "payment.paid\n", "payment/paid", "päyment.paid", "payment.*x",
    ])
    func refusesOtherPatterns(text: String) {
        #expect(EventPattern(text) == nil)
    }
}
