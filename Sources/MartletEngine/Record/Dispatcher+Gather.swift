// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletCore
import MartletRuntime
import MartletStore

/// Attempts that have ended, on their way to disk together.
extension Dispatcher {
    /// Frees the request for the lane's next delivery, and gathers the record for the next write.
    ///
    /// Nobody waits for a record but the next attempt and a place in the window, while a commit costs the same for one
    /// as for a hundred; so a write waits a moment for company. A crash in that moment repeats those attempts.
    func attemptEnded(_ record: AttemptRecord, _ dead: OperationalEvent?) {
        share.ended(by: record.endpoint)
        let asked = record.result.outcome.isSuccess ? nil : RetryAfter.pause(of: record.result, now: wall.now())
        handle(.attemptEnded(record.delivery, record.result.outcome, retryAfter: asked), for: record.endpoint)
        while let next = share.next() { handle(.clockAdvanced, for: next) }
        gathered.append(record)
        if let dead { gatheredNews.append(announcement(dead)) }
        if isStopping || gathered.count >= Self.recordsInOneWrite { return writeGathered() }
        guard !isWriteScheduled else { return }
        isWriteScheduled = true
        executor.queue.asyncAfter(deadline: .now() + Self.gatheringTime) { [weak self] in
            self?.assumeIsolated { $0.writeGathered() }
        }
    }

    func writeGathered() {
        isWriteScheduled = false
        guard !gathered.isEmpty else { return }
        let (records, news) = (gathered, gatheredNews)
        (gathered, gatheredNews) = ([], [])
        write(records, announcing: news)
    }

    func recorded(_ records: [AttemptRecord]) {
        unfinished -= records.count
        for record in records { posts[record.endpoint]?.gate.free() }
        for id in Set(records.map(\.endpoint)) { handle(.roomFreed, for: id) }
        for record in records {
            switch record.next {
            case .retry(let due), .postponed(let due): handle(.pending(due: due), for: record.endpoint)
            // The next of its lane has become due with it.
            case .delivered, .dead: if record.lane != nil { handle(.pending(due: clock.now()), for: record.endpoint) }
            }
        }
        if isStopping, unfinished == 0 { resumeWaiting() }
    }

    func tellLanes(of deliveries: [NewDelivery]) {
        for delivery in deliveries where delivery.state == .pending {
            handle(.pending(due: delivery.dueAt), for: delivery.endpoint)
        }
    }
}
