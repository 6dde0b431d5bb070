// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders

/// The news that a watch has come to its deadline without a final event (contract.md section 7).
///
/// It concerns a payment, so it has the payment's source and shop, and who takes `*` gets it. `provider_refs` names the
/// watch and its deadline.
enum WatchOverdue {
    static func event(of claimed: ClaimedWatchSummary, at now: Timestamp) -> Event {
        let watch = claimed.watch
        // One for each deadline: a watch that is registered anew may become overdue again.
        let dedupeKey = "\(EventType.watchOverdue.rawValue):\(watch.id):\(watch.deadline.milliseconds)"
        return Event(
            id: .make(source: watch.source, dedupeKey: dedupeKey),
            type: .watchOverdue,
            source: watch.source,
            shop: claimed.shop,
            object: watch.subject.hasPrefix("payout:") ? .payout : .payment,
            finality: .none,
            merchantOrderID: claimed.merchantOrderID,
            providerObjectID: watch.subject,
            providerRefs: [
                ProviderRef("watch", watch.id.description), ProviderRef("deadline", watch.deadline.rfc3339),
            ],
            receivedAt: now,
            verification: Verification(method: "internal"),
            dedupeKey: dedupeKey,
            // Its own, so that it comes into no payment's history.
            objectKey: "watch:\(watch.id)"
        )
    }
}

/// What the news says of a watch.
struct ClaimedWatchSummary: Sendable {
    var watch: Watch
    var shop: String
    var merchantOrderID: String?
}
