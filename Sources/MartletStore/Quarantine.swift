// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// A refused callback in quarantine; printed as `qtn_` and the store's number.
package struct QuarantineID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }

    /// Reads `qtn_42` or a bare `42`; nil for anything else.
    package init?(text: String) {
        let digits = text.hasPrefix("qtn_") ? text.dropFirst(4) : Substring(text)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(digits), number > 0 else {
            return nil
        }
        self.number = number
    }

    package var description: String { "qtn_\(number)" }
    package static func < (left: QuarantineID, right: QuarantineID) -> Bool { left.number < right.number }
}

/// A refused callback, kept with its raw bytes (contract section 3).
package struct QuarantinedCallback: Sendable, Equatable {
    /// 0 until stored.
    package var id: QuarantineID
    package var source: SourceID
    package var refusal: Refusal
    package var callback: Callback
    /// What it counts against the limit of bytes.
    package var size: Int {
        callback.body.count + callback.headers.fields.reduce(64) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    package init(
        id: QuarantineID = QuarantineID(number: 0),
        source: SourceID,
        refusal: Refusal,
        callback: Callback
    ) {
        self.id = id
        self.source = source
        self.refusal = refusal
        self.callback = callback
    }
}

/// The most that one source may keep in quarantine.
package struct QuarantineLimits: Sendable, Equatable {
    package var rows: Int
    package var bytes: Int

    package init(rows: Int = 2000, bytes: Int = 32 << 20) {
        self.rows = rows
        self.bytes = bytes
    }
}

/// A filter on the quarantine; nil members match everything.
package struct QuarantineQuery: Sendable, Equatable {
    package var source: SourceID?
    /// Only rows of these sources; what a key that is limited to shops may see.
    package var sources: Set<SourceID>?
    package var reasons: Set<RefusalReason>?
    /// By the moment of arrival; included.
    package var since: Timestamp?
    /// By the moment of arrival; not included.
    package var until: Timestamp?
    /// Only rows that were kept earlier than this one.
    package var before: QuarantineID?
    /// Only rows that were kept later than this one.
    package var after: QuarantineID?
    /// Newest first otherwise.
    package var isOldestFirst: Bool
    package var limit: Int

    package init(
        source: SourceID? = nil,
        sources: Set<SourceID>? = nil,
        reasons: Set<RefusalReason>? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        before: QuarantineID? = nil,
        after: QuarantineID? = nil,
        isOldestFirst: Bool = false,
        limit: Int = 50
    ) {
        self.source = source
        self.sources = sources
        self.reasons = reasons
        self.since = since
        self.until = until
        self.before = before
        self.after = after
        self.isOldestFirst = isOldestFirst
        self.limit = limit
    }
}

/// An operator's decision to deliver what nothing proves (contract section 3).
package struct Forcing: Sendable, Equatable {
    /// The name of the key that asked for it.
    package var by: String
    /// In the operator's own words; kept with the event.
    package var reason: String
    package var at: Timestamp

    package init(by: String, reason: String, at: Timestamp) {
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// What became of one callback that was to be released.
package enum ReleaseOutcome: Sendable, Equatable {
    /// Stored as this event, and delivered unless a flag withholds it; the row is gone.
    case released(EventID, withheld: [EventFlag])
    /// The same change was stored before; the row is gone, and nothing else was written.
    case duplicate(EventID)
    /// Kept as a pointer to an order that the provider must be asked about; the row is gone.
    case hint
    /// Today's settings refuse it as well; the row stays.
    case stillRefused(Refusal)
    /// Its source is not configured any more; the row stays.
    case unknownSource
    /// The provider's callbacks say nothing that could be believed without proof; the row stays.
    case notForcible
    /// There is no such row, at least not any more.
    case gone
}

/// Many callbacks to be released, oldest first, a bounded number with each call.
package struct ReleaseRequest: Sendable, Equatable {
    /// Where a call goes on that follows another.
    package struct Cursor: Sendable, Equatable {
        /// The row that was looked at last.
        package var after: QuarantineID
        /// The newest row at the first call: what is refused meanwhile is left for another day.
        package var upTo: QuarantineID

        package init(after: QuarantineID, upTo: QuarantineID) {
            self.after = after
            self.upTo = upTo
        }
    }

    package var source: SourceID?
    package var sources: Set<SourceID>?
    package var reason: RefusalReason?
    package var since: Timestamp?
    package var until: Timestamp?
    package var cursor: Cursor?
    /// Rows looked at in this call.
    package var limit: Int

    package init(
        source: SourceID? = nil,
        sources: Set<SourceID>? = nil,
        reason: RefusalReason? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        cursor: Cursor? = nil,
        limit: Int = 500
    ) {
        self.source = source
        self.sources = sources
        self.reason = reason
        self.since = since
        self.until = until
        self.cursor = cursor
        self.limit = limit
    }
}

/// What one call of a release came to.
package struct ReleaseReport: Sendable, Equatable {
    package var released = 0
    /// Released, but known to be older than what subscribers have already; counted in `released` too.
    package var withheld = 0
    package var duplicates = 0
    package var hints = 0
    package var stillRefused: [RefusalReason: Int] = [:]
    /// Rows of sources that are not configured any more.
    package var ofUnknownSources = 0
    /// Where the next call goes on; nil once all have been looked at.
    package var next: ReleaseRequest.Cursor?
    /// What ended the call early; nothing is lost by it.
    package var failure: StoreError?

    package init() {}

    package mutating func count(_ outcome: ReleaseOutcome) {
        switch outcome {
        case .released(_, let flags):
            released += 1
            if !flags.isEmpty { withheld += 1 }
        case .duplicate: duplicates += 1
        case .hint: hints += 1
        case .stillRefused(let refusal): stillRefused[refusal.reason, default: 0] += 1
        case .unknownSource: ofUnknownSources += 1
        case .notForcible, .gone: break
        }
    }
}
