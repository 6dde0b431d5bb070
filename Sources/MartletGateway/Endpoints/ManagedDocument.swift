// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletCore
import MartletCrypto
import MartletStore
import MartletWire

/// The settings of an endpoint that the API made: one object in the shape of the configuration's, secrets included.
struct ManagedDocument: Sendable, Equatable {
    /// Members whose values may be secrets; the store seals them.
    private static let sealed: Set<String> = ["secrets", "auth", "headers", "tls"]
    /// Secrets that an endpoint may have at once, so that rotating has an end.
    static let mostSecrets = 8

    private(set) var members: JSONObject

    init(_ members: JSONObject) { self.members = members }

    /// - Throws: `JSONReadError` if the store is damaged.
    init(_ stored: ManagedEndpoint) throws {
        let settings = try JSONReader.read(stored.settings).object ?? JSONObject()
        let secrets = try stored.secrets.withExposedBytes { try JSONReader.read($0).object } ?? JSONObject()
        var all = settings
        all.members += secrets.members
        members = all
    }

    /// What the store keeps of it.
    func stored(as id: EndpointID, version: Int64, createdAt: Timestamp, now: Timestamp) -> ManagedEndpoint {
        ManagedEndpoint(
            id: id,
            version: version,
            settings: text { !Self.sealed.contains($0) },
            secrets: Secret(text { Self.sealed.contains($0) }),
            createdAt: createdAt,
            changedAt: now
        )
    }

    private func text(of isWanted: (String) -> Bool) -> [UInt8] {
        var object = JSONObject()
        object.members = members.members.filter { isWanted($0.name) }
        var json = JSONWriter()
        json.value(.object(object))
        return json.bytes
    }

    // MARK: changes

    /// Replaces these members whole, and removes those that are null.
    mutating func replace(_ changes: JSONObject) {
        for change in changes.members { set(change.name, change.value == .null ? nil : change.value) }
    }

    private mutating func set(_ name: String, _ value: JSONValue?) {
        let index = members.index(of: name)
        switch (index, value) {
        case (let index?, let value?): members.members[index].value = value
        case (let index?, nil): members.members.remove(at: index)
        case (nil, let value?): members.members.append(JSONObject.Member(name: name, value: value))
        case (nil, nil): break
        }
    }

    // MARK: secrets

    /// Makes the secrets that the settings need if they hold none, and returns what to show of them.
    mutating func addMissingSecrets() throws(CryptoError) -> [NewSecret] {
        if let value = members["secrets"], value != .null { return [] }
        let signature = members["signature"]?.string.flatMap(EndpointSignature.init(rawValue:)) ?? .v1
        var schemes = signature.schemes
        if case .array(let styles) = members["signatureStyles"] {
            let needsShared = styles.compactMap { $0.string.flatMap(SignatureStyle.init(rawValue:)) }
                .contains(where: \.needsSharedSecret)
            if needsShared, !schemes.contains(.v1) { schemes.insert(.v1, at: 0) }
        }
        let made = try schemes.map { scheme throws(CryptoError) in try Self.make(scheme) }
        set("secrets", .array(made.map { .string($0.text) }))
        return made.map(\.shown)
    }

    /// What came of a rotation.
    struct Rotation: Equatable {
        var shown: [NewSecret]
        var oldSecretsUntil: Timestamp?
    }

    /// Puts new secrets first, which sign at once, and gives the old ones of their schemes an end.
    ///
    /// `scheme`: nil for every scheme that a secret is there for. Old ones that end sooner keep their end, and those that
    /// have ended go.
    /// - Returns: nil if there is no secret of that scheme.
    mutating func rotate(_ scheme: SignatureScheme?, overlap: Duration, now: Timestamp) throws(CryptoError) -> Rotation?
    {
        guard case .array(let elements) = members["secrets"] else { return nil }
        let old = elements.compactMap(Held.init)
        let schemes = SignatureScheme.allCases.filter { known in
            (scheme == nil || scheme == known) && old.contains { $0.scheme == known }
        }
        guard !schemes.isEmpty else { return nil }
        let end = now + overlap
        var kept: [Held] = []
        var latest: Timestamp?
        for held in old {
            var held = held
            if schemes.contains(held.scheme) {
                held.until = min(held.until ?? end, end)
                latest = max(latest ?? end, held.until ?? end)
            }
            if held.until.map({ $0 > now }) ?? true { kept.append(held) }
        }
        let made = try schemes.map { scheme throws(CryptoError) in try Self.make(scheme) }
        set("secrets", .array(made.map { .string($0.text) } + kept.map(\.value)))
        return Rotation(shown: made.map(\.shown), oldSecretsUntil: overlap > .zero ? latest : nil)
    }

    var secretCount: Int {
        if case .array(let elements) = members["secrets"] { return elements.count }
        return 0
    }

    /// One element of `secrets`.
    private struct Held {
        var text: String
        var until: Timestamp?

        init?(_ value: JSONValue) {
            if let text = value.string {
                self.text = text
            } else if let text = value.object?["secret"]?.string {
                self.text = text
                until = value.object?["until"]?.string.flatMap { Timestamp(rfc3339: $0) }
            } else {
                return nil
            }
        }

        var scheme: SignatureScheme {
            let plain = "plain:"
            return SignatureScheme(of: Secret(text: text.hasPrefix(plain) ? String(text.dropFirst(plain.count)) : text))
        }

        var value: JSONValue {
            guard let until else { return .string(text) }
            return .object(JSONObject([("secret", .string(text)), ("until", .string(until.rfc3339))]))
        }
    }

    private static func make(_ scheme: SignatureScheme) throws(CryptoError) -> (text: String, shown: NewSecret) {
        switch scheme {
        case .v1:
            let text = WebhookSecret.generate()
            return (text, NewSecret(scheme: .v1, forSubscriber: Secret(text: text)))
        case .v1a:
            let pair = try AsymmetricWebhookKey.generate()
            return (pair.secret, NewSecret(scheme: .v1a, forSubscriber: Secret(text: pair.publicKey)))
        }
    }
}
