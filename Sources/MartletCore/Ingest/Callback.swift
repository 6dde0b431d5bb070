// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// One request at a source's hook as it arrived, kept byte for byte before anything is parsed (providers.md rule 1).
package struct Callback: Sendable, Equatable {
    package var method: String
    package var headers: HeaderFields
    package var body: [UInt8]
    /// The sender, after `trustedProxies` have been taken into account.
    package var sourceAddress: IPAddress
    package var receivedAt: Timestamp

    package init(
        method: String,
        headers: HeaderFields,
        body: [UInt8],
        sourceAddress: IPAddress,
        receivedAt: Timestamp
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.sourceAddress = sourceAddress
        self.receivedAt = receivedAt
    }

    /// The media type in lower case without its parameters; empty if there is no such header.
    package var mediaType: String {
        let value = headers[first: "content-type"] ?? ""
        // Blanks are allowed around the type (RFC 9110 sections 5.5 and 8.3.1), not inside it.
        var type = value.utf8.prefix { $0 != 0x3B }.drop { $0 == 0x20 || $0 == 0x09 }
        while type.last == 0x20 || type.last == 0x09 { type.removeLast() }
        let text = String(Substring(type))
        return text.utf8.contains { (0x41...0x5A).contains($0) || $0 >= 0x80 } ? text.lowercased() : text
    }
}

/// What a provider's rules make of one callback.
package enum Judgement: Sendable, Equatable {
    /// Proven and normalised; `shop` is still empty, routing fills it in.
    case accepted(Event)
    /// Says "go and look": worth keeping and acknowledging, proves nothing by itself.
    case hint(Hint)
    case refused(Refusal)
    /// The order's own secret decides: look it up and judge again with the answer.
    case needsOrder(id: String)
}

/// The answer to `Judgement.needsOrder`.
package enum OrderLookup: Sendable, Equatable {
    case notAsked
    case unknown
    case known(KnownOrder)
}

/// An order that the gateway was told about, with what is needed to verify news of it.
package struct KnownOrder: Sendable, Equatable {
    /// The provider's number of the order (Kryptoswap: `orderId`).
    package var objectID: String
    /// The provider's short number (Kryptoswap: `orderUID`).
    package var uid: String?
    /// For asking the provider back.
    package var orderSecret: Secret?
    /// For verifying notifications; nil means the source's own.
    package var ipnSecret: Secret?
    package var merchantOrderID: String?
    /// The amount that the payer is to send, where the merchant registered it; compared, never believed (rule 10).
    package var expectedDue: Amount?

    package init(
        objectID: String,
        uid: String? = nil,
        orderSecret: Secret? = nil,
        ipnSecret: Secret? = nil,
        merchantOrderID: String? = nil,
        expectedDue: Amount? = nil
    ) {
        self.objectID = objectID
        self.uid = uid
        self.orderSecret = orderSecret
        self.ipnSecret = ipnSecret
        self.merchantOrderID = merchantOrderID
        self.expectedDue = expectedDue
    }
}

/// A pointer to an order that the provider must be asked about (SpectroCoin JSON, providers.md 3.3).
package struct Hint: Sendable, Equatable {
    package var source: SourceID
    /// The provider's number of the order.
    package var objectID: String
    package var receivedAt: Timestamp

    package init(source: SourceID, objectID: String, receivedAt: Timestamp) {
        self.source = source
        self.objectID = objectID
        self.receivedAt = receivedAt
    }
}

/// The answer that tells a provider its callback is safe: status, media type and exact bytes.
package struct Acknowledgement: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    package init(status: Int = 200, contentType: String = "text/plain", body: String) {
        self.status = status
        self.contentType = contentType
        self.body = Array(body.utf8)
    }
}

/// Why a callback is refused (providers.md section 1).
package enum RefusalReason: String, Sendable, CaseIterable {
    case methodNotAllowed = "method_not_allowed"
    case unsupportedContentType = "unsupported_content_type"
    case malformedBody = "malformed_body"
    case duplicateField = "duplicate_field"
    case missingField = "missing_field"
    case missingSignature = "missing_signature"
    case invalidField = "invalid_field"
    case badSignature = "bad_signature"
    case unknownProject = "unknown_project"
    case forbiddenSource = "forbidden_source"
    case staleTimestamp = "stale_timestamp"
    case unknownOrder = "unknown_order"
    case orderMismatch = "order_mismatch"
    case misconfigured
    /// Proven, and kept until its source has learned where the proof stands (providers.md section 6.2).
    case learning

    /// The HTTP status of the answer; its body is always `rejected`, but for `learning`, which is acknowledged.
    package var status: Int {
        switch self {
        case .learning: 200
        case .methodNotAllowed: 405
        case .unsupportedContentType: 415
        case .malformedBody, .duplicateField, .missingField, .missingSignature, .invalidField: 400
        case .badSignature, .unknownProject, .forbiddenSource, .staleTimestamp: 403
        case .unknownOrder: 404
        case .orderMismatch: 409
        case .misconfigured: 503
        }
    }

    /// Everything but a wrong method is kept; an over-long body never gets as far as a reason (contract section 3).
    package var isQuarantined: Bool { self != .methodNotAllowed }
}

/// A refusal with what an operator needs to know; `detail` names members and rules, never values or secrets.
package struct Refusal: Error, Sendable, Equatable {
    package var reason: RefusalReason
    package var detail: String

    package init(_ reason: RefusalReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
