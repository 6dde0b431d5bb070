// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// How far the comparison of one source's list has come; all moments by the wall clock.
package struct SweepRecord: Sendable, Equatable {
    /// One run: all pages of one window.
    package struct Run: Sendable, Equatable {
        package var startedAt: Timestamp
        /// What was created from then on.
        package var since: Timestamp
        /// What was created until then.
        package var until: Timestamp
        /// Where the next page begins; nil at the first.
        package var cursor: String?
        /// When the next page is asked for.
        package var resumeAt: Timestamp
        /// Calls in a row that brought no page.
        package var failures: Int
        package var counts: Counts

        package init(
            startedAt: Timestamp,
            since: Timestamp,
            until: Timestamp,
            cursor: String? = nil,
            resumeAt: Timestamp,
            failures: Int = 0,
            counts: Counts = Counts()
        ) {
            self.startedAt = startedAt
            self.since = since
            self.until = until
            self.cursor = cursor
            self.resumeAt = resumeAt
            self.failures = failures
            self.counts = counts
        }
    }

    /// What a run has seen.
    package struct Counts: Sendable, Equatable {
        package var pages: Int
        package var rows: Int
        /// Those that the store did not know as the provider does.
        package var missed: Int
        /// Rows that could not be read or placed in time.
        package var unreadable: Int

        package init(pages: Int = 0, rows: Int = 0, missed: Int = 0, unreadable: Int = 0) {
            self.pages = pages
            self.rows = rows
            self.missed = missed
            self.unreadable = unreadable
        }
    }

    /// The newest run that came to its end.
    package struct Finished: Sendable, Equatable {
        package var startedAt: Timestamp
        package var finishedAt: Timestamp
        package var counts: Counts

        package init(startedAt: Timestamp, finishedAt: Timestamp, counts: Counts) {
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.counts = counts
        }
    }

    package var source: SourceID
    /// When the source was first to be swept: what is older is nobody's news.
    package var since: Timestamp
    /// Nil between two runs.
    package var run: Run?
    package var last: Finished?
    /// `page`, or why the newest call brought none; nil before the first.
    package var lastOutcome: String?

    package init(
        source: SourceID,
        since: Timestamp,
        run: Run? = nil,
        last: Finished? = nil,
        lastOutcome: String? = nil
    ) {
        self.source = source
        self.since = since
        self.run = run
        self.last = last
        self.lastOutcome = lastOutcome
    }
}
