// SPDX-License-Identifier: Apache-2.0

/// Shares a bounded number of requests among lanes, so that endpoints that hang cannot use up the whole.
///
/// Each lane is sure of `guaranteed` requests at once: the rest is given to whoever asks first, but never so that
/// another lane's part would be gone. Lanes that got less than they wanted stand in a ring and are served in turn, one
/// request each: every request costs the same, so that is all that deficit round robin comes to here. Constant time,
/// but for a ring whose lanes have all used up what they may have.
package struct FairShare: Sendable {
    // Not generic: in another module it would not be specialised, and it is asked several times for each delivery.
    package typealias Lane = EndpointID

    private let total: Int
    private let wished: Int
    /// Requests at once that each lane is sure of.
    package private(set) var guaranteed = 0
    private var held: [Lane: Int] = [:]
    private var known: Set<Lane> = []
    private var ring: [Lane] = []
    /// The lane that `next` has named.
    private var turn: Lane?
    private var free: Int
    /// Requests that must stay free because lanes hold less than they are sure of.
    private var reserved = 0

    /// A share without lanes yet.
    ///
    /// `total`: requests at once, of all lanes together.
    /// `guaranteed`: less if there are so many lanes that it would be more than `total` in all.
    package init(total: Int, guaranteed: Int = 2) {
        self.total = total
        wished = guaranteed
        free = total
    }

    /// Sets which lanes there are; one that is gone keeps what it holds until its requests end.
    package mutating func set(_ lanes: some Sequence<Lane>) {
        known = Set(lanes)
        ring.removeAll { !known.contains($0) }
        turn = nil
        guaranteed = known.isEmpty ? 0 : min(wished, total / known.count)
        reserved = known.reduce(0) { $0 + missing(of: $1) }
    }

    /// How many requests the lane may start now.
    ///
    /// While others stand in the ring it may only take what it is sure of: the rest is theirs first, by `next`.
    package func allowance(of lane: Lane) -> Int {
        guard known.contains(lane) else { return 0 }
        let rest = turn == lane || ring.allSatisfy { $0 == lane } ? max(0, free - reserved) : 0
        // Where a changed set of lanes has guaranteed more than is free, the guarantees are met as requests end.
        return max(0, min(free, missing(of: lane) + (turn == lane ? min(rest, 1) : rest)))
    }

    /// The lane has started requests.
    package mutating func started(_ count: Int, by lane: Lane) {
        guard count > 0 else { return }
        if turn == lane { turn = nil }
        move(lane, by: count)
    }

    /// One request of the lane has ended.
    package mutating func ended(by lane: Lane) {
        precondition(held[lane, default: 0] > 0, "a request ended twice")
        move(lane, by: -1)
    }

    /// The lane could have started more; `next` will name it.
    package mutating func wait(_ lane: Lane) {
        if known.contains(lane), !ring.contains(lane) { ring.append(lane) }
    }

    /// The lane whose turn it is to start one request, if one can be started; it leaves the ring.
    ///
    /// Its turn lasts until it starts one or the next lane is named.
    package mutating func next() -> Lane? {
        turn = nil
        guard free > 0 else { return nil }
        guard let index = ring.firstIndex(where: { missing(of: $0) > 0 || free > reserved }) else { return nil }
        turn = ring.remove(at: index)
        return turn
    }

    private func missing(of lane: Lane) -> Int { max(0, guaranteed - held[lane, default: 0]) }

    private mutating func move(_ lane: Lane, by count: Int) {
        let isKnown = known.contains(lane)
        if isKnown { reserved -= missing(of: lane) }
        let now = held[lane, default: 0] + count
        held[lane] = now == 0 ? nil : now
        free -= count
        if isKnown { reserved += missing(of: lane) }
    }
}
