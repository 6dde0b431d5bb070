// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Which orders were lately to be asked about because a notification was refused, so that a flood of forgeries costs the
/// store little.
struct Doubts: Sendable {
    /// An order is asked about so often at most.
    static let pause = Duration.seconds(60)
    /// Orders that are remembered; at more it begins anew.
    static let limit = 1024

    private struct Key: Hashable {
        var source: SourceID
        var subject: String
    }

    private var newest: [Key: Timestamp] = [:]

    /// False if the same was said within `pause`.
    ///
    /// A minute that has passed by the store's count may not have passed by this one, so half of it is enough here.
    mutating func isNew(_ subject: String, of source: SourceID, at now: Timestamp) -> Bool {
        let key = Key(source: source, subject: subject)
        if let before = newest[key], before <= now, now - before < Self.pause / 2 { return false }
        if newest.count >= Self.limit { newest.removeAll(keepingCapacity: true) }
        newest[key] = now
        return true
    }
}
