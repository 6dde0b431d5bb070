// SPDX-License-Identifier: Apache-2.0

/// Counts successes and failures of the last minute, in twelve slots of five seconds.
struct OutcomeMinute: Sendable, Equatable {
    private struct Slot: Sendable, Equatable {
        var attempts = 0
        var failures = 0
    }

    private static let slotLength: Int64 = 5000
    private var slots = Array(repeating: Slot(), count: 12)
    /// Number of the newest slot since 1970.
    private var newest: Int64?

    var attempts: Int { slots.reduce(0) { $0 + $1.attempts } }
    var failures: Int { slots.reduce(0) { $0 + $1.failures } }

    mutating func count(isFailure: Bool, at now: Timestamp) {
        let length = Int64(slots.count)
        // A clock that was set back goes on counting in the newest slot.
        let number = max(now.milliseconds / Self.slotLength, newest ?? .min)
        let passed = newest.map { min(number - $0, length) } ?? length
        for step in 0..<passed { slots[index(number - step)] = Slot() }
        newest = number
        slots[index(number)].attempts += 1
        if isFailure { slots[index(number)].failures += 1 }
    }

    private func index(_ number: Int64) -> Int {
        let remainder = Int(number % Int64(slots.count))
        return remainder < 0 ? remainder + slots.count : remainder
    }
}
