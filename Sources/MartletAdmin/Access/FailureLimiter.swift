// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// How many wrong keys one address may try: twenty at once, then one every three seconds.
///
/// The table is bounded. An address that has not failed for a minute is forgotten; when all places are taken, the one that
/// failed longest ago goes. IPv6 addresses count by their /64, since one machine has all of those.
struct FailureLimiter: Sendable {
    static let burst = 20
    static let refill = Duration.seconds(3)
    static let places = 1024

    private struct Entry: Sendable {
        /// Wrong keys that are still held against the address.
        var failures: Int
        /// When the last of them was forgiven or, before that, when the first was counted.
        var since: Timestamp
        var latest: Timestamp
    }

    private var entries: [[UInt8]: Entry] = [:]

    /// Addresses in the table.
    var count: Int { entries.count }

    /// Nil if a key from this address may be looked at now, otherwise whole seconds until it may.
    mutating func secondsUntilFree(_ address: IPAddress, at now: Timestamp) -> Int? {
        let key = Self.key(address)
        forgive(key, at: now)
        guard let entry = entries[key], entry.failures >= Self.burst else { return nil }
        let wait = (entry.since + Self.refill - now).wholeMilliseconds
        return Int(max(1, (wait + 999) / 1000))
    }

    /// Takes note of a wrong key.
    mutating func failed(_ address: IPAddress, at now: Timestamp) {
        let key = Self.key(address)
        forgive(key, at: now)
        if entries[key] == nil, entries.count >= Self.places { makeRoom(at: now) }
        var entry = entries[key] ?? Entry(failures: 0, since: now, latest: now)
        entry.failures += 1
        entry.latest = now
        entries[key] = entry
    }

    private mutating func forgive(_ key: [UInt8], at now: Timestamp) {
        guard var entry = entries[key] else { return }
        // The clock was set back: nothing began later than now.
        entry.since = min(entry.since, now)
        entry.latest = min(entry.latest, now)
        let steps = (now - entry.since).wholeMilliseconds / Self.refill.wholeMilliseconds
        if steps >= Int64(entry.failures) {
            entries[key] = nil
            return
        }
        entry.failures -= Int(steps)
        entry.since = entry.since + .milliseconds(steps * Self.refill.wholeMilliseconds)
        entries[key] = entry
    }

    private mutating func makeRoom(at now: Timestamp) {
        for key in Array(entries.keys) { forgive(key, at: now) }
        guard entries.count >= Self.places else { return }
        if let oldest = entries.min(by: { $0.value.latest < $1.value.latest }) { entries[oldest.key] = nil }
    }

    private static func key(_ address: IPAddress) -> [UInt8] {
        address.isIPv4 ? address.bytes : Array(address.bytes.prefix(8))
    }
}
