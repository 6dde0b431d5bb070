// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

/// Any sender that signs its JSON body with HMAC-SHA256 in a header; everything about it is a setting.
package struct HMACSender: ForcibleProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "ok")
    let settings: Settings

    /// How the sender signs.
    struct Settings: Sendable {
        /// Any of them may have signed; two during a change.
        var secrets: [Secret]
        /// The header with the signature.
        var header: String
        var encoding: Encoding
        /// Stands before the signature in the header, such as `sha256=`.
        var prefix: String
        /// The header with the time under the signature; nil if only the body is signed.
        var timestampHeader: String?
        /// How far the sender's clock may be from ours; 5 minutes by default.
        var tolerance: Duration
        var mapping: EventMapping
    }

    enum Encoding: String, CaseIterable {
        case hex
        case base64
    }

    package func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        do {
            return .accepted(try event(of: callback))
        } catch {
            return .refused(error)
        }
    }

    private func event(of callback: Callback) throws(Refusal) -> Event {
        try callback.requirePOST()
        try callback.requireMediaType("application/json")
        let object = try callback.readJSONObject().object
        guard let signature = try callback.single(settings.header), !signature.isEmpty else {
            throw Refusal(.missingSignature, "the header \(settings.header) is missing or empty")
        }
        var timestamp: String?
        if let header = settings.timestampHeader {
            timestamp = try callback.single(header)
            guard timestamp != nil else { throw Refusal(.missingField, "the header \(header) is missing") }
        }
        guard settings.secrets.contains(where: { !$0.isEmpty }) else {
            throw Refusal(.misconfigured, "no secrets are configured")
        }
        guard isProven(signature, body: callback.body, timestamp: timestamp) else {
            throw Refusal(.badSignature, "\(settings.header) does not match the body under any of secrets")
        }
        let event = try event(of: object, in: callback)
        if let timestamp { try requireFresh(timestamp, receivedAt: callback.receivedAt) }
        return event
    }

    package func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event {
        try callback.requirePOST()
        return try event(of: try callback.readJSONObject().object, in: callback)
    }

    private func event(of object: JSONObject, in callback: Callback) throws(Refusal) -> Event {
        let key = try settings.mapping.notificationID(in: object) ?? Hex.encode(Digest.sha256(callback.body))
        return try settings.mapping.event(
            of: object,
            source: source,
            method: "hmac",
            receivedAt: callback.receivedAt,
            dedupeKey: key
        )
    }

    private func isProven(_ signature: String, body: [UInt8], timestamp: String?) -> Bool {
        guard signature.hasPrefix(settings.prefix) else { return false }
        let text = signature.dropFirst(settings.prefix.count)
        guard let given = settings.encoding == .hex ? Hex.decode(text) : Base64.decode(text) else { return false }
        let message = Self.message(body: body, timestamp: timestamp)
        return settings.secrets.contains { secret in
            !secret.isEmpty && constantTimeEquals(secret.withExposedBytes { HMAC.sha256(message, key: $0) }, given)
        }
    }

    /// The body, or the header's time, a point and the body.
    static func message(body: [UInt8], timestamp: String?) -> [UInt8] {
        guard let timestamp else { return body }
        return Array(timestamp.utf8) + [0x2E] + body
    }

    private func requireFresh(_ text: String, receivedAt: Timestamp) throws(Refusal) {
        guard text.isDigits, text.utf8.count == 10 || text.utf8.count == 13, let number = Int64(text) else {
            throw Refusal(.invalidField, "\(settings.timestampHeader ?? "") must be Unix seconds or milliseconds")
        }
        let sent = Timestamp(milliseconds: text.utf8.count == 13 ? number : number * 1000)
        let age = receivedAt - sent
        guard age <= settings.tolerance, Duration.zero - age <= settings.tolerance else {
            throw Refusal(.staleTimestamp, "\(settings.timestampHeader ?? "") is outside the tolerance")
        }
    }

    package func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        guard let secret = settings.secrets.first(where: { !$0.isEmpty }) else {
            throw SampleError("\(source) has no secrets; configure one to sign samples")
        }
        let body = try settings.mapping.sampleBody(request)
        let timestamp = settings.timestampHeader.map { _ in String(request.now.seconds) }
        let mac = secret.withExposedBytes { HMAC.sha256(Self.message(body: body, timestamp: timestamp), key: $0) }
        var headers = HeaderFields([("content-type", "application/json")])
        headers.append(
            settings.header,
            settings.prefix + (settings.encoding == .hex ? Hex.encode(mac) : Base64.encode(mac))
        )
        if let header = settings.timestampHeader, let timestamp { headers.append(header, timestamp) }
        return SampleCallback(headers: headers, body: body)
    }
}
