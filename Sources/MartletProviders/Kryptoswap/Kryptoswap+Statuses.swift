// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The table of providers.md section 6.3.
extension Kryptoswap {
    static let statuses = StatusTable([
        ("new", StatusMeaning(.paymentCreated)),
        ("waitPayment", StatusMeaning(.paymentAwaiting)),
        ("errorPayment", StatusMeaning(.paymentFailed, detail: "payer_payment_error", .provisional)),
        ("inProgress", StatusMeaning(.paymentPending, detail: "processing")),
        ("inProgressPayout", StatusMeaning(.paymentPending, detail: "accepted_awaiting_payout")),
        ("errorPayout", StatusMeaning(.paymentOnHold, detail: "payout_error")),
        ("hold", StatusMeaning(.paymentOnHold, detail: "frozen")),
        ("done", StatusMeaning(.paymentPaid, .final)),
        ("returned", StatusMeaning(.paymentRefunded, detail: "conditions_not_met", .final)),
        ("deleted", StatusMeaning(.paymentCancelled, .final)),
    ])

    static func meaning(of status: String) -> StatusMeaning { statuses[status] ?? StatusMeaning(.paymentUnrecognised) }
}
