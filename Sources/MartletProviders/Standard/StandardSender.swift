// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

/// Any sender that follows Standard Webhooks 1.0.0 with symmetric secrets.
///
/// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package struct StandardSender: ForcibleProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "ok")
    /// Any of them may have signed; two during a change.
    let secrets: [WebhookSecret]
    let mapping: EventMapping

    package static let kind = ProviderKind(
        name: "standard",
        makePush: { source, settings in
            let problems = settings.problems.all.count
            let provider = StandardSender(source: source, settings: settings)
            return settings.hasErrors(since: problems) ? nil : provider
        }
    )

    private init(source: SourceID, settings: SettingsReader) {
        let material = settings.keyMaterials("secrets")
        if material.isEmpty, settings.list("secrets").isEmpty {
            settings.fail("secrets", "must list one secret or more, such as [\"env:SENDER_SECRET\"]")
        }
        self.source = source
        secrets = material.compactMap { text in
            do throws(CryptoError) {
                return try WebhookSecret(text)
            } catch {
                settings.fail("secrets", error.description)
                return nil
            }
        }
        mapping = EventMapping(settings)
        if mapping.id != nil {
            settings.fail("paths.id", "has no meaning here, as the webhook-id header is the number; leave it out")
        }
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
        guard let signatures = try callback.single("webhook-signature"), !signatures.isEmpty else {
            throw Refusal(.missingSignature, "the header webhook-signature is missing or empty")
        }
        guard let id = try callback.single("webhook-id"), !id.isEmpty else {
            throw Refusal(.missingField, "the header webhook-id is missing or empty")
        }
        guard let timestamp = try callback.single("webhook-timestamp") else {
            throw Refusal(.missingField, "the header webhook-timestamp is missing")
        }
        guard timestamp.isDigits, timestamp.utf8.count <= 12, let seconds = Int64(timestamp) else {
            throw Refusal(.invalidField, "the header webhook-timestamp must be Unix seconds")
        }
        guard !secrets.isEmpty else { throw Refusal(.misconfigured, "no secrets are configured") }
        // The clock is checked last, so the signature is first judged as of the time that the sender states.
        let sent = Timestamp(milliseconds: seconds * 1000)
        if let failure = StandardWebhooks.failure(
            id: id,
            timestamp: timestamp,
            signatures: signatures,
            body: callback.body,
            secrets: secrets,
            now: sent
        ) {
            throw Refusal(.badSignature, "webhook-signature: \(failure)")
        }
        let event = try mapping.event(
            of: object,
            source: source,
            method: "standard-webhooks",
            receivedAt: callback.receivedAt,
            dedupeKey: id
        )
        let age = callback.receivedAt - sent
        guard age <= StandardWebhooks.tolerance, Duration.zero - age <= StandardWebhooks.tolerance else {
            throw Refusal(.staleTimestamp, "webhook-timestamp is outside the tolerance of 5 minutes")
        }
        return event
    }

    package func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event {
        try callback.requirePOST()
        let object = try callback.readJSONObject().object
        guard let id = try callback.single("webhook-id"), !id.isEmpty else {
            throw Refusal(.missingField, "the header webhook-id is missing or empty")
        }
        return try mapping.event(
            of: object,
            source: source,
            method: "standard-webhooks",
            receivedAt: callback.receivedAt,
            dedupeKey: id
        )
    }

    package func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        let body = try mapping.sampleBody(request)
        let id = "msg_" + request.digits(24)
        let seconds = request.now.seconds
        let signatures = StandardWebhooks.signatures(id: id, timestamp: seconds, body: body, secrets: secrets)
        return SampleCallback(
            headers: HeaderFields([
                ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", String(seconds)),
                ("webhook-signature", signatures),
            ]),
            body: body
        )
    }
}
