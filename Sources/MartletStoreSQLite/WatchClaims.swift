// SPDX-License-Identifier: Apache-2.0

/// The watches that this process is asking about, and whether any are open; known to the writer only.
///
/// Like `Claims`, nothing of it is written: after a crash a watch is simply due, and its poll is made again.
struct WatchClaims {
    private(set) var ids: Set<Int64> = []
    /// False spares every final event the search for its watch; nil until asked, and after it may have changed.
    var hasUnfinished: Bool?
    private var taken: Set<Int64> = []
    private var given: Set<Int64> = []

    mutating func take(_ id: Int64) {
        given.remove(id)
        if ids.insert(id).inserted { taken.insert(id) }
    }

    /// Lets go of a watch with the commit.
    mutating func give(_ id: Int64) { given.insert(id) }

    /// What is in hand, as the transaction leaves it.
    var held: Set<Int64> { ids.subtracting(given) }

    mutating func commit() {
        ids.subtract(given)
        taken.removeAll(keepingCapacity: true)
        given.removeAll(keepingCapacity: true)
    }

    mutating func rollBack() {
        ids.subtract(taken)
        taken.removeAll(keepingCapacity: true)
        given.removeAll(keepingCapacity: true)
        hasUnfinished = nil
    }
}
