// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What the replayer remembers of a replay: at which pace it goes, and for which endpoints something is left.
struct ReplayRun {
    /// When to look after it next.
    var dueAt: Timestamp
    let isCancelled: Bool
    private var bucket: TokenBucket
    /// Those for which something is left to make; the first has the first turn.
    private var endpoints: [EndpointID]

    /// Nil if nothing is to be done: it has ended, or it is paused and something is left to make.
    init?(_ replay: StoredReplay, at now: Timestamp) {
        if replay.finishedAt != nil { return nil }
        dueAt = now
        isCancelled = replay.state == .cancelled
        let rate = replay.replay.ratePerSecond
        // A fifth of a second's worth at once: what gathers between two steps is not lost, and nothing comes in a rush.
        bucket = TokenBucket(ratePerSecond: rate, burst: rate / 5)
        endpoints = isCancelled ? [] : replay.parts.filter { $0.counts.left > 0 }.map(\.endpoint)
        if replay.state == .paused, !endpoints.isEmpty { return nil }
        // One that has been stopped and goes on gets nothing for it: a gateway that restarts often keeps to the rate too.
        guard replay.counts.made > 0, !isMade else { return }
        for _ in 0..<Int(bucket.burst.rounded(.up)) { bucket.take(at: now) }
        dueAt = bucket.next
    }

    /// Whether nothing is left to make.
    var isMade: Bool { endpoints.isEmpty }

    var endpointsInTurn: [EndpointID] { endpoints }

    /// How many deliveries one endpoint may get now, so that each has its part of what the rate allows.
    func share(at now: Timestamp) -> Int {
        var bucket = bucket
        var tokens = 0
        while tokens < Self.tokensAtOnce, bucket.next <= now {
            bucket.take(at: now)
            tokens += 1
        }
        let others = max(1, endpoints.count)
        return (tokens + others - 1) / others
    }

    mutating func took(_ progress: ReplayProgress, for endpoint: EndpointID, at now: Timestamp) {
        for _ in 0..<progress.made { bucket.take(at: now) }
        if progress.left == 0 { endpoints.removeAll { $0 == endpoint } }
    }

    /// When the next step is due; the next endpoint has the first turn then.
    mutating func plan(at now: Timestamp, pause: Duration) {
        if let first = endpoints.first {
            endpoints.removeFirst()
            endpoints.append(first)
        }
        dueAt = isMade ? now : max(bucket.next, now + pause)
    }

    /// More than all steps together take at one moment.
    private static let tokensAtOnce = 500
}
