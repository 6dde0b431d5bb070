// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// When a source's list is compared, and with which window: decisions without clock, store or network.
extension SweepRecord {
    /// What a run looks back on; with a run each day that is one day of overlap (providers.md section 4.7).
    static let window = Duration.seconds(2 * 86_400)
    /// How far a run looks back at most, however long none has come to its end.
    static let longestWindow = Duration.seconds(30 * 86_400)
    /// Pages one after the other; then other work of the source has its turn.
    static let pagesInARow = 100
    static let pauseBetweenPortions = Duration.seconds(600)
    /// A run whose calls still fail after that is begun anew: a provider's cursor does not last for ever.
    static let patience = Duration.seconds(86_400)
    /// The next day at the latest, whatever a provider asks for.
    static let longestPause = Duration.seconds(86_400)

    /// What a clock that runs ahead of `now` may be off without being taken for wrong.
    static let tolerance = Duration.seconds(300)

    /// Undoes what a clock that ran ahead has dated: nothing waits for that time, and its windows prove nothing.
    ///
    /// A run that it began or ended is forgotten, so that the next one is due now and looks back as far as it may. A pause
    /// longer than any is over. Returns whether anything changed.
    mutating func clamp(to now: Timestamp) -> Bool {
        let before = self
        let latest = now + Self.tolerance
        if since > latest { since = now }
        if let last, last.startedAt > latest || last.finishedAt > latest {
            self.last = nil
            run = nil
            begin(at: now)
        }
        if let run, run.startedAt > latest {
            self.run = nil
            begin(at: now)
        }
        if let run, run.resumeAt > now + Self.longestPause { self.run?.resumeAt = now }
        return self != before
    }

    /// When the next page is asked for.
    func due(at time: DailyTime) -> Timestamp {
        if let run { return run.resumeAt }
        return time.next(after: last?.startedAt ?? since)
    }

    /// Begins a run, unless one is under way that may go on.
    mutating func begin(at now: Timestamp) {
        if let run, run.failures == 0 || now - run.startedAt < Self.patience { return }
        // Without a gap to the run before, but never further than the beginning.
        let overlap = last.map { $0.startedAt - .seconds(86_400) } ?? since
        let start = max(since, now - Self.longestWindow, min(now - Self.window, overlap))
        run = Run(startedAt: now, since: start, until: now, resumeAt: now)
    }

    /// A page was compared; true if it was the last one.
    mutating func took(_ page: ListedPage, missed: Int, at now: Timestamp) -> Bool {
        guard var run else { return false }
        lastOutcome = "page"
        run.failures = 0
        run.counts.pages += 1
        run.counts.rows += page.rows
        run.counts.missed += missed
        run.counts.unreadable += page.unreadable
        guard let next = page.next, next != run.cursor else {
            last = Finished(startedAt: run.startedAt, finishedAt: now, counts: run.counts)
            self.run = nil
            return true
        }
        run.cursor = next
        run.resumeAt = run.counts.pages % Self.pagesInARow == 0 ? now + Self.pauseBetweenPortions : now
        self.run = run
        return false
    }

    /// No page came.
    mutating func failed(_ outcome: String, pause: Duration, at now: Timestamp) {
        lastOutcome = outcome
        run?.failures += 1
        run?.resumeAt = now + min(max(pause, .seconds(1)), Self.longestPause)
    }

    mutating func deferred(_ pause: Duration, at now: Timestamp) {
        run?.resumeAt = now + min(max(pause, .milliseconds(1)), Self.longestPause)
    }
}
