// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// The members `secrets`, `signature` and `signatureStyles` of an endpoint.
extension ConfigurationReader {
    struct Signing {
        var secrets: [SigningSecret]
        var signature: EndpointSignature
        var styles: [SignatureStyle]
    }

    func readSigning(_ endpoint: SettingsReader) -> Signing {
        let before = problems.all.count { $0.severity == .error }
        let words = EndpointSignature.allCases.map(\.rawValue)
        let word = endpoint.choice("signature", default: EndpointSignature.v1.rawValue, of: words)
        let signing = Signing(
            secrets: readSecrets(endpoint),
            signature: EndpointSignature(rawValue: word) ?? .v1,
            styles: readStyles(endpoint)
        )
        // With a secret or word missing that is there but wrong, the rules below would blame the wrong place.
        if problems.all.count(where: { $0.severity == .error }) == before { check(signing, of: endpoint) }
        return signing
    }

    // MARK: secrets

    private func readSecrets(_ endpoint: SettingsReader) -> [SigningSecret] {
        let elements = endpoint.list("secrets")
        let isList = if case .array = endpoint.value("secrets") { true } else { endpoint.value("secrets") == nil }
        if elements.isEmpty, isList {
            endpoint.fail(
                "secrets",
                "must name at least one secret, such as \"env:LEDGER_SECRET\"; \"martlet keygen\" makes one"
            )
        }
        var secrets: [SigningSecret] = []
        for (index, value) in elements.enumerated() {
            let (place, name) = element(index, of: "secrets", in: endpoint)
            let secret: SigningSecret?
            if case .object = value, let members = place.nested(name) {
                secret = readSecretWithEnd(members)
            } else {
                secret = readSecret(name, of: place).map { SigningSecret($0) }
            }
            guard let secret else { continue }
            if secrets.contains(where: { $0.secret == secret.secret }) {
                place.fail(name, "repeats an earlier secret; each signs once")
            }
            secrets.append(secret)
        }
        return secrets
    }

    /// A secret with its end, such as `{ "secret": "env:OLD", "until": "2026-12-01T00:00:00Z" }`.
    private func readSecretWithEnd(_ members: SettingsReader) -> SigningSecret? {
        if members.value("secret") == nil {
            members.fail("secret", "is required; give it as \"env:NAME\" or \"file:PATH\"")
        }
        let secret = readSecret("secret", of: members)
        let until = readEnd(members)
        members.finish()
        return secret.map { SigningSecret($0, until: until) }
    }

    private func readSecret(_ name: String, of reader: SettingsReader) -> Secret? {
        guard let secret = reader.secret(name) else { return nil }
        do throws(CryptoError) {
            _ = try WebhookSigner(secret)
            return secret
        } catch {
            reader.fail(name, error.description)
            return nil
        }
    }

    private func readEnd(_ members: SettingsReader) -> Timestamp? {
        guard let text = members.string("until") else { return nil }
        guard let until = Timestamp(rfc3339: text) else {
            members.fail("until", "must be a date with time and offset, such as \"2026-12-01T00:00:00Z\"")
            return nil
        }
        if until <= now { members.warn("until", "has passed, so this secret signs no more; remove the secret") }
        return until
    }

    // MARK: styles

    private func readStyles(_ endpoint: SettingsReader) -> [SignatureStyle] {
        var styles: [SignatureStyle] = []
        for (path, text) in texts("signatureStyles", of: endpoint) {
            guard let style = SignatureStyle(rawValue: text) else {
                let words = SignatureStyle.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                report(path, "must be one of \(words)")
                continue
            }
            if styles.contains(style) { report(path, "repeats an earlier style; name each once") }
            styles.append(style)
        }
        return styles
    }

    // MARK: what belongs together

    /// Every scheme and style has a secret that signs today, and every secret signs something.
    private func check(_ signing: Signing, of endpoint: SettingsReader) {
        let chosen = "\"signature\": \"\(signing.signature.rawValue)\""
        var wishes: [(scheme: SignatureScheme, by: String)] = signing.signature.schemes.map { ($0, chosen) }
        let style = signing.styles.first(where: \.needsSharedSecret)
        if let style, signing.signature == .v1a { wishes.append((.v1, "the style \"\(style.rawValue)\"")) }
        let wanted = wishes.map(\.scheme)
        let idle = signing.secrets.first { !wanted.contains($0.scheme) }?.scheme
        var isComplete = true
        for (scheme, wish) in wishes {
            let secrets = signing.secrets.filter { $0.scheme == scheme }
            if secrets.isEmpty {
                let remedy = idle.map { ", or use \"signature\": \"\($0.rawValue)\"" } ?? ""
                endpoint.fail("secrets", Self.missing(scheme, wantedBy: wish) + remedy)
                isComplete = false
            } else {
                checkEnds(of: secrets, scheme, wantedBy: wish, endpoint)
            }
        }
        if let idle, isComplete {
            let remedy = "remove it, or use \"signature\": \"\(EndpointSignature.both.rawValue)\""
            endpoint.warn("secrets", "has a secret \"\(idle.prefix)\", which signs nothing with \(chosen); \(remedy)")
        }
    }

    private func checkEnds(
        of secrets: [SigningSecret],
        _ scheme: SignatureScheme,
        wantedBy wish: String,
        _ endpoint: SettingsReader
    ) {
        guard secrets.contains(where: { $0.isActive(at: now) }) else {
            let rule = "has no secret \"\(scheme.prefix)\" that still signs, and \(wish) needs one"
            let problem = "\(rule); give the endpoint a new one without \"until\""
            // What was in force goes on with its last secret, as it did until now: a start must not fail on it.
            if acceptsEndedSecrets { return endpoint.warn("secrets", problem) }
            return endpoint.fail("secrets", problem)
        }
        let ends = secrets.compactMap(\.until)
        if let last = ends.max(), ends.count == secrets.count {
            endpoint.warn(
                "secrets",
                "has only secrets \"\(scheme.prefix)\" that end, the last at \(last.rfc3339), and that one signs on "
                    + "until a reload or restart refuses it; add its successor without \"until\""
            )
        }
    }

    private static func missing(_ scheme: SignatureScheme, wantedBy wish: String) -> String {
        switch scheme {
        case .v1:
            "must have a shared secret (\"whsec_\"), since \(wish) needs one; \"martlet keygen\" makes one"
        case .v1a:
            "must have a private key (\"whsk_\"), since \(wish) needs one; \"martlet keygen --asymmetric\" makes one"
        }
    }
}
