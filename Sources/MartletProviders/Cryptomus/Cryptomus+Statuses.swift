// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The tables of providers.md section 4.4; the finality is that of an object which is not closed.
extension Cryptomus {
    static let paymentStatuses = StatusTable([
        ("check", StatusMeaning(.paymentAwaiting)),
        ("process", StatusMeaning(.paymentPending)),
        ("confirm_check", StatusMeaning(.paymentPending, detail: "confirming")),
        ("wrong_amount_waiting", StatusMeaning(.paymentPending, detail: "partial")),
        ("paid", StatusMeaning(.paymentPaid, .provisional)),
        ("paid_over", StatusMeaning(.paymentPaid, detail: "over", .provisional)),
        ("wrong_amount", StatusMeaning(.paymentUnderpaid, .provisional)),
        ("fail", StatusMeaning(.paymentFailed, .provisional)),
        ("cancel", StatusMeaning(.paymentCancelled, detail: "unpaid", .provisional)),
        ("system_fail", StatusMeaning(.paymentFailed, detail: "system", .provisional)),
        ("refund_process", StatusMeaning(.paymentRefundPending)),
        ("refund_fail", StatusMeaning(.paymentRefundFailed, .provisional)),
        ("refund_paid", StatusMeaning(.paymentRefunded, .provisional)),
        ("locked", StatusMeaning(.paymentOnHold, detail: "aml")),
    ])

    static let payoutStatuses = StatusTable([
        ("process", StatusMeaning(.payoutProcessing)),
        ("check", StatusMeaning(.payoutProcessing, detail: "checking")),
        ("paid", StatusMeaning(.payoutPaid, .provisional)),
        ("fail", StatusMeaning(.payoutFailed, .provisional)),
        ("cancel", StatusMeaning(.payoutCancelled, .provisional)),
        ("system_fail", StatusMeaning(.payoutFailed, detail: "system", .provisional)),
    ])

    static func meaning(of status: String, isPayout: Bool, isFinal: Bool) -> StatusMeaning {
        let known = isPayout ? payoutStatuses[status] : paymentStatuses[status]
        var meaning = known ?? StatusMeaning(isPayout ? .payoutUnrecognised : .paymentUnrecognised)
        if isFinal { meaning.finality = .final }
        return meaning
    }
}
