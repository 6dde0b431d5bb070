// SPDX-License-Identifier: Apache-2.0

/// The type of an event, such as `payment.paid` (providers.md section 2).
package struct EventType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }

    package static let paymentCreated = EventType(rawValue: "payment.created")
    package static let paymentAwaiting = EventType(rawValue: "payment.awaiting")
    package static let paymentPending = EventType(rawValue: "payment.pending")
    package static let paymentPaid = EventType(rawValue: "payment.paid")
    package static let paymentUnderpaid = EventType(rawValue: "payment.underpaid")
    package static let paymentLate = EventType(rawValue: "payment.late")
    package static let paymentExpired = EventType(rawValue: "payment.expired")
    package static let paymentFailed = EventType(rawValue: "payment.failed")
    package static let paymentCancelled = EventType(rawValue: "payment.cancelled")
    package static let paymentOnHold = EventType(rawValue: "payment.on_hold")
    package static let paymentRefundPending = EventType(rawValue: "payment.refund_pending")
    package static let paymentRefunded = EventType(rawValue: "payment.refunded")
    package static let paymentRefundFailed = EventType(rawValue: "payment.refund_failed")
    package static let paymentTest = EventType(rawValue: "payment.test")
    package static let paymentUnrecognised = EventType(rawValue: "payment.unrecognised")
    package static let payoutProcessing = EventType(rawValue: "payout.processing")
    package static let payoutPaid = EventType(rawValue: "payout.paid")
    package static let payoutFailed = EventType(rawValue: "payout.failed")
    package static let payoutCancelled = EventType(rawValue: "payout.cancelled")
    package static let payoutUnrecognised = EventType(rawValue: "payout.unrecognised")
    package static let providerFault = EventType(rawValue: "provider.fault")

    /// Every type that a provider's news can become.
    package static let all: [EventType] = [
        paymentCreated, paymentAwaiting, paymentPending, paymentPaid, paymentUnderpaid, paymentLate, paymentExpired,
        paymentFailed, paymentCancelled, paymentOnHold, paymentRefundPending, paymentRefunded, paymentRefundFailed,
        paymentTest, paymentUnrecognised, payoutProcessing, payoutPaid, payoutFailed, payoutCancelled,
        payoutUnrecognised, providerFault,
    ]

    /// Refund events are the only ones that may follow a final event (providers.md section 1, rule 9).
    package var isRefund: Bool {
        self == .paymentRefundPending || self == .paymentRefunded || self == .paymentRefundFailed
    }
}

/// What an endpoint wants: `*`, `payment.*`, or one type by name.
package struct EventPattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Nil unless the text is `*`, a dotted name, or a dotted name that ends in `.*`.
    package init?(_ text: String) {
        let stem = text.hasSuffix(".*") ? text.dropLast(2) : Substring(text)
        let isName =
            !stem.isEmpty
            && stem.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F }
            }
        guard text == "*" || isName else { return nil }
        self.text = text
    }

    package var matchesAll: Bool { text == "*" }

    package func matches(_ type: EventType) -> Bool {
        if text == "*" { return true }
        if text.hasSuffix(".*") { return type.rawValue.utf8.starts(with: text.utf8.dropLast(1)) }
        return text == type.rawValue
    }
}
