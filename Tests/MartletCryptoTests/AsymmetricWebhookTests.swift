// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import Testing

/// The scheme `v1a`, with the vector that Svix's server tests itself with.
@Suite struct AsymmetricWebhookTests {
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let seconds: Int64 = 1_614_265_330
    private static let body = Array("{\"test\": 2432232314}".utf8)
    private static let shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let sharedSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private static let privateKey =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private static let publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    private static let signature =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

    private func sign(_ secrets: String...) throws -> String {
        StandardWebhooks.signatures(
            id: Self.id,
            timestamp: Self.seconds,
            body: Self.body,
            signers: try secrets.map { try WebhookSigner(Secret(text: $0)) }
        )
    }

    private func failure(_ signatures: String, _ verifiers: String..., body: [UInt8] = body) throws -> String? {
        StandardWebhooks.failure(
            id: Self.id,
            timestamp: String(Self.seconds),
            signatures: signatures,
            body: body,
            verifiers: try verifiers.map { try WebhookVerifier(Secret(text: $0)) },
            now: Timestamp(milliseconds: Self.seconds * 1000)
        )
    }

    @Test func signsThePublishedExample() throws {
        #expect(try sign(Self.privateKey) == Self.signature)
        #expect(try failure(Self.signature, Self.publicKey) == nil)
        // The seed alone is the same key.
        #expect(try sign("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=") == Self.signature)
        #expect(try AsymmetricWebhookKey(Secret(text: Self.privateKey)).publicKeyText == Self.publicKey)
    }

    @Test func signsWithBothSchemesAtOnce() throws {
        let both = "\(Self.sharedSignature) \(Self.signature)"
        #expect(try sign(Self.shared, Self.privateKey) == both)
        #expect(try failure(both, Self.publicKey) == nil)
        #expect(try failure(both, Self.shared) == nil)
        #expect(try failure(both, WebhookSecret.generate(), Self.publicKey) == nil)
        #expect(try failure(both, WebhookSecret.generate()) == "no v1 signature matches")
    }

    @Test func verifiesNothingElse() throws {
        let other = try AsymmetricWebhookKey.generate()
        #expect(try failure(Self.signature, other.publicKey) == "no v1a signature matches")
        #expect(try failure(Self.signature, Self.publicKey, body: Self.body + [0x20]) == "no v1a signature matches")
        #expect(try failure("v1a,AAAA", Self.publicKey) == "no v1a signature matches")
        #expect(try failure(Self.sharedSignature, Self.publicKey) == "webhook-signature holds no v1a signature")
        #expect(try failure(Self.signature, Self.shared) == "webhook-signature holds no v1 signature")
        #expect(try failure("", Self.publicKey, Self.shared) == "webhook-signature holds no v1 or v1a signature")
        #expect(try failure("v1a,AAAA", Self.publicKey, Self.shared) == "no v1 or v1a signature matches")
        // One scheme's signature is never taken for the other's.
        let crossed = "v1,\(Self.signature.dropFirst(4)) v1a,\(Self.sharedSignature.dropFirst(3))"
        #expect(try failure(crossed, Self.publicKey, Self.shared) == "no v1 or v1a signature matches")
    }

    @Test func makesPairsItAccepts() throws {
        let pair = try AsymmetricWebhookKey.generate()
        #expect(try failure(sign(pair.secret), pair.publicKey) == nil)
        #expect(try AsymmetricWebhookKey(Secret(text: pair.secret)).publicKeyText == pair.publicKey)
    }

    @Test(arguments: [
        "whsk_", "whsk_AAAA", "whsk_hunter2", "whsk_" + Base64.encode([UInt8](repeating: 1, count: 31)),
        "whsk_" + Base64.encode([UInt8](repeating: 1, count: 65)),
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc",
    ])
    func namesTheRuleWhenAPrivateKeyIsWrong(text: String) {
        let rule =
            #"must be "whsk_" and the Base64 of an ed25519 key of 64 or 32 bytes; "martlet keygen --asymmetric" makes one"#
        #expect(throws: CryptoError(rule)) { try WebhookSigner(Secret(text: text)) }
    }

    @Test func refusesAPrivateKeyWithAForeignPublicHalf() throws {
        let bytes = try #require(Base64.decode(Self.privateKey.dropFirst(5)))
        let mixed = "whsk_" + Base64.encode(bytes.prefix(32) + [UInt8](repeating: 9, count: 32))
        let error = #expect(throws: CryptoError.self) { try WebhookSigner(Secret(text: mixed)) }
        #expect(error?.description.hasPrefix("is an ed25519 key whose public half does not belong to it; ") == true)
    }

    @Test func tellsTheHalvesApart() {
        let signer = #expect(throws: CryptoError.self) { try WebhookSigner(Secret(text: Self.publicKey)) }
        #expect(signer?.description.hasPrefix("is a public key (\"whpk_\")") == true)
        let verifier = #expect(throws: CryptoError.self) { try WebhookVerifier(Secret(text: Self.privateKey)) }
        #expect(verifier?.description.hasPrefix("is a private key (\"whsk_\")") == true)
        for text in ["whpk_", "whpk_AAAA", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4"] {
            let error = #expect(throws: CryptoError.self) { try WebhookVerifier(Secret(text: text)) }
            #expect(error?.description.hasPrefix("must be \"whpk_\" and the Base64 of 32 bytes") == true)
        }
    }

    @Test func printsNoKey() throws {
        let signer = try WebhookSigner(Secret(text: Self.privateKey))
        var printed = "\(signer) \(String(reflecting: signer))"
        dump(signer, to: &printed)
        #expect(!printed.contains("6Xb/") && !printed.contains("233, 118"))
    }
}
