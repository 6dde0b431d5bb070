// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The tables of providers.md sections 5.4 and 5.5.
extension HyPe {
    struct StatusRow: Sendable {
        /// Nil for a status that is no news.
        let meaning: StatusMeaning?
        let next: Next

        init(_ meaning: StatusMeaning?, _ next: Next) {
            self.meaning = meaning
            self.next = next
        }
    }

    struct FaultRow: Sendable {
        /// The provider's class of the fault, an event's `failure_reason`.
        let failureClass: String
        let next: Next
        /// Passes by itself; only reported when it goes on.
        let isTransient: Bool

        init(_ failureClass: String, _ next: Next, isTransient: Bool) {
            self.failureClass = failureClass
            self.next = next
            self.isTransient = isTransient
        }
    }

    static let statuses: [String: StatusRow] = [
        "undeterminable": StatusRow(nil, .pollAgain),
        "created": StatusRow(StatusMeaning(.paymentCreated), .pollAgain),
        "reached": StatusRow(StatusMeaning(.paymentAwaiting), .pollAgain),
        "payment_in_process": StatusRow(StatusMeaning(.paymentPending), .pollAgain),
        "completed_success": StatusRow(StatusMeaning(.paymentPaid, .provisional), .pollSlowly),
        "completed_refunded": StatusRow(StatusMeaning(.paymentRefunded, .final), .stop),
        "completed_rejected": StatusRow(
            StatusMeaning(.paymentCancelled, detail: "rejected_by_payer", .final),
            .stop
        ),
        "unexpected": StatusRow(StatusMeaning(.providerFault, detail: "unexpected"), .holdEngineer),
    ]

    static let faults: [String: FaultRow] = [
        "unspecified": FaultRow("transient", .pollAgain, isTransient: true),
        "server_error": FaultRow("transient", .pollAgain, isTransient: true),
        // Two invoices with this fault within 10 minutes hold the account: the caller sees both, a run sees one.
        "bad_signature": FaultRow("engineering+administrative", .holdEngineer, isTransient: false),
        "user_disabled": FaultRow("administrative", .holdAccount, isTransient: false),
        "resource_not_found": FaultRow("engineering", .holdEngineer, isTransient: false),
    ]
}
