// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A line of the audit log; printed as `aud_` and the store's number.
package struct AuditID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }

    /// Reads `aud_42`; nil for anything else.
    package init?(text: String) {
        guard text.hasPrefix("aud_"), let number = Int64(text.dropFirst(4)), number > 0 else { return nil }
        self.number = number
    }

    package var description: String { "aud_\(number)" }
    package static func < (left: AuditID, right: AuditID) -> Bool { left.number < right.number }
}

/// How something that the audit log tells of came out.
package enum AuditOutcome: String, Sendable, CaseIterable {
    case done
    /// Nothing was changed, and the answer says why.
    case refused
    /// Something went wrong on the way; it may have been done in part.
    case failed
    /// The same request had been done before; its answer was given again.
    case repeated
}

/// What somebody does, or the gateway by itself, as it is written before it happens.
package struct NewAuditEntry: Sendable, Equatable {
    /// The actor of what the gateway does by itself; no key may have this name.
    package static let gateway = "gateway"

    package var at: Timestamp
    /// The name of a key, or `gateway`.
    package var actor: String
    /// Nil for keys of the configuration.
    package var key: KeyID?
    package var address: IPAddress?
    /// A route, such as `POST /v1/keys`, or what the gateway did, such as `endpoint.disabled`.
    package var action: String
    /// The id of what it is done to.
    package var object: String?
    /// One bounded JSON object without secrets.
    package var detail: String?
    /// Nil until it is known.
    package var result: AuditResult?

    package init(
        at: Timestamp,
        actor: String,
        key: KeyID? = nil,
        address: IPAddress? = nil,
        action: String,
        object: String? = nil,
        detail: String? = nil,
        result: AuditResult? = nil
    ) {
        self.at = at
        self.actor = actor
        self.key = key
        self.address = address
        self.action = action
        self.object = object
        self.detail = detail
        self.result = result
    }

    /// Something that the gateway has done by itself.
    package static func ofGateway(
        _ action: String,
        object: String? = nil,
        detail: String? = nil,
        outcome: AuditOutcome = .done,
        at: Timestamp
    ) -> NewAuditEntry {
        NewAuditEntry(
            at: at,
            actor: gateway,
            action: action,
            object: object,
            detail: detail,
            result: AuditResult(outcome: outcome)
        )
    }
}

/// What came of it.
package struct AuditResult: Sendable, Equatable {
    package var outcome: AuditOutcome
    /// The HTTP status that was answered; nil for what the gateway does by itself.
    package var status: Int?
    /// The id of what was made.
    package var created: String?

    package init(outcome: AuditOutcome, status: Int? = nil, created: String? = nil) {
        self.outcome = outcome
        self.status = status
        self.created = created
    }
}

/// A line of the audit log.
package struct AuditEntry: Sendable, Equatable {
    package var id: AuditID
    /// Without a result it is being done, or was cut off by a crash, so that nobody knows.
    package var entry: NewAuditEntry

    package init(id: AuditID, entry: NewAuditEntry) {
        self.id = id
        self.entry = entry
    }
}

/// A filter on the audit log; nil members match everything.
package struct AuditQuery: Sendable, Equatable {
    package var since: Timestamp?
    package var until: Timestamp?
    package var actor: String?
    /// What something was done to, or what was made.
    package var object: String?
    /// Only lines older than this one, by their time and then by their number.
    package var before: AuditID?
    package var limit: Int

    package init(
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        actor: String? = nil,
        object: String? = nil,
        before: AuditID? = nil,
        limit: Int = 50
    ) {
        self.since = since
        self.until = until
        self.actor = actor
        self.object = object
        self.before = before
        self.limit = limit
    }
}

extension EventStore {
    /// Writes a line of the audit log, and returns once it is on disk.
    package func append(_ entry: NewAuditEntry) async throws(StoreError) -> AuditID {
        let result: Result<AuditID, StoreError> = await withCheckedContinuation { continuation in
            append(entry) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
