// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Notices a source that refuses most of what comes, which a wrong secret does and every single refusal hides.
///
/// Warns when at least 20 callbacks within five minutes were refused, and they are more than half; then not again for an
/// hour. Memory is bounded by the sources that are configured.
package struct RefusalWatch: Sendable {
    /// What was made of one callback.
    package enum Verdict: Sendable, Equatable {
        case accepted
        case refused(RefusalReason)
    }

    /// What an operator should look at.
    package struct Warning: Sendable, Equatable {
        package var refused: Int
        package var accepted: Int
        /// The reason of most refusals.
        package var reason: RefusalReason

        /// What usually cures it.
        package var advice: String {
            switch reason {
            case .badSignature, .missingSignature: "the source's secret or public key: does it match the provider's?"
            case .forbiddenSource: "allowedSources of the source, and trustedProxies: whose address is seen?"
            case .misconfigured: "the source lacks its secret"
            case .staleTimestamp: "this machine's clock, and maxAge or tolerance of the source"
            case .unknownOrder: "orders are not registered, and the source has no secret of its own"
            case .unknownProject, .orderMismatch: "the ids of the account: is it another project's callback?"
            default: "the provider's format: has it changed, or is somebody else calling?"
            }
        }
    }

    /// What came within one part of the window.
    fileprivate struct Slot {
        var accepted = 0
        var refused: [RefusalReason: Int] = [:]
    }

    fileprivate struct Account {
        /// By the number of the slot since the epoch, modulo the count.
        var slots = Array(repeating: Slot(), count: RefusalWatch.slotCount)
        var newest: Int64 = .min
        var warnedAt: Timestamp?
    }

    fileprivate static let least = 20
    fileprivate static let slotCount = 10
    fileprivate static let slotMilliseconds: Int64 = 30_000
    fileprivate static let pause: Duration = .seconds(3600)

    private var accounts: [SourceID: Account] = [:]

    package init() {}

    /// Counts one callback; returns a warning when it is time for one.
    package mutating func note(_ verdict: Verdict, of source: SourceID, at now: Timestamp) -> Warning? {
        accounts[source, default: Account()].note(verdict, at: now)
    }
}

extension RefusalWatch.Account {
    fileprivate mutating func note(_ verdict: RefusalWatch.Verdict, at now: Timestamp) -> RefusalWatch.Warning? {
        let slot = advance(to: now)
        guard case .refused(let reason) = verdict else {
            slots[slot].accepted += 1
            return nil
        }
        slots[slot].refused[reason, default: 0] += 1
        if let warnedAt, now - warnedAt < RefusalWatch.pause { return nil }
        let accepted = slots.reduce(0) { $0 + $1.accepted }
        let reasons = slots.reduce(into: [:]) { sums, slot in sums.merge(slot.refused, uniquingKeysWith: +) }
        let refused = reasons.values.reduce(0, +)
        guard refused >= RefusalWatch.least, refused > accepted else { return nil }
        guard let most = reasons.max(by: { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }) else {
            return nil
        }
        warnedAt = now
        return RefusalWatch.Warning(refused: refused, accepted: accepted, reason: most.key)
    }

    /// Empties what has left the window; returns the place of the current slot.
    private mutating func advance(to now: Timestamp) -> Int {
        let count = Int64(RefusalWatch.slotCount)
        // A clock that was set back goes on in the newest slot.
        let number = max(newest, now.milliseconds / RefusalWatch.slotMilliseconds)
        if newest == .min || number - newest >= count {
            slots = Array(repeating: RefusalWatch.Slot(), count: RefusalWatch.slotCount)
        } else {
            for passed in newest..<number { slots[Int((passed + 1) % count)] = RefusalWatch.Slot() }
        }
        newest = number
        return Int(number % count)
    }
}
