// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The table of providers.md section 3.4.
extension SpectroCoin {
    static let statuses = StatusTable([
        ("NEW", StatusMeaning(.paymentCreated)),
        ("PENDING", StatusMeaning(.paymentPending, detail: "confirming")),
        ("PAID", StatusMeaning(.paymentPaid, .final)),
        ("FAILED", StatusMeaning(.paymentFailed, .final)),
        ("EXPIRED", StatusMeaning(.paymentExpired, .provisional)),
        ("TEST", StatusMeaning(.paymentTest)),
        ("LATE_CRYPTO_PAYMENT", StatusMeaning(.paymentLate)),
        ("PARTIAL_PAYMENT", StatusMeaning(.paymentPending, detail: "partial")),
        ("UNDERPAID", StatusMeaning(.paymentUnderpaid, .provisional)),
        ("CANCELLED", StatusMeaning(.paymentCancelled, .final)),
        ("INVALID_PAYMENT", StatusMeaning(.paymentFailed, detail: "invalid", .final)),
        ("TEST_PAID", StatusMeaning(.paymentTest, detail: "paid")),
        ("TEST_EXPIRED", StatusMeaning(.paymentTest, detail: "expired")),
        ("PROCESSING_REFUND", StatusMeaning(.paymentRefundPending)),
        ("REFUNDED", StatusMeaning(.paymentRefunded, .final)),
        ("REJECTED_REFUND", StatusMeaning(.paymentRefundFailed, .provisional)),
        ("PENDING_LATE_CRYPTO_PAYMENT", StatusMeaning(.paymentLate, detail: "confirming")),
        ("REJECTED", StatusMeaning(.paymentFailed, detail: "rejected", .final)),
    ])

    /// Codes 7 to 9 are not known.
    private static let names: [String: String] = [
        "1": "NEW", "2": "PENDING", "3": "PAID", "4": "FAILED", "5": "EXPIRED", "6": "TEST",
        "10": "LATE_CRYPTO_PAYMENT", "11": "PARTIAL_PAYMENT", "12": "UNDERPAID", "13": "CANCELLED",
        "14": "INVALID_PAYMENT", "15": "TEST_PAID", "16": "TEST_EXPIRED", "17": "PROCESSING_REFUND", "18": "REFUNDED",
        "19": "REJECTED_REFUND", "20": "PENDING_LATE_CRYPTO_PAYMENT", "21": "REJECTED",
    ]

    /// The status by its name, whether its code or its name in any letter case arrived.
    ///
    /// An unknown status keeps its spelling.
    static func status(_ text: String) -> (name: String, meaning: StatusMeaning) {
        let name = names[text] ?? text.asciiUppercased
        if let meaning = statuses[name] { return (name, meaning) }
        return (text, StatusMeaning(.paymentUnrecognised))
    }
}
