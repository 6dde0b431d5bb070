// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// Watches for tests.
extension Samples {
    /// A watch that is due now and has an hour.
    package static func plan(
        _ subject: String = "object-1",
        source: SourceID = source,
        nextPollAt: Timestamp? = now,
        deadline: Timestamp = now + .seconds(3600),
        details: String = #"{"id":"1"}"#,
        order: KnownOrder? = nil
    ) -> WatchPlan {
        WatchPlan(
            watch: Watch(
                source: source,
                subject: subject,
                details: Array(details.utf8),
                nextPollAt: nextPollAt,
                deadline: deadline,
                createdAt: now
            ),
            order: order
        )
    }

    package static func poll(
        _ claimed: ClaimedWatch,
        outcome: String = "unchanged",
        memory: String = #"{"last":"new"}"#,
        next: PollRecord.Next = .poll(at: now + .seconds(60)),
        news: [Capture] = [],
        relativeTo: Int64? = nil,
        deadline: Timestamp? = nil,
        note: String? = nil
    ) -> PollRecord {
        PollRecord(
            watch: claimed.watch.id,
            asked: claimed.asked,
            polledAt: now,
            decidedAt: now,
            outcome: outcome,
            memory: Array(memory.utf8),
            next: next,
            news: news,
            relativeTo: relativeTo,
            deadline: deadline,
            note: note
        )
    }
}
