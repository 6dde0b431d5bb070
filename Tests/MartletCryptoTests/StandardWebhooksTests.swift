// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import Testing

@Suite struct StandardWebhooksTests {
    /// The vector that the libraries of the standard test themselves with.
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let seconds: Int64 = 1_614_265_330
    private static let body = Array("{\"test\": 2432232314}".utf8)
    private static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func secret() throws -> WebhookSecret {
        try WebhookSecret(Secret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    }

    private func other() throws -> WebhookSecret { try WebhookSecret(Secret(text: WebhookSecret.generate())) }

    private func failure(
        id: String = id,
        timestamp: String = "1614265330",
        signatures: String = signature,
        body: [UInt8] = body,
        secrets: [WebhookSecret]? = nil,
        now: Int64 = seconds
    ) throws -> String? {
        StandardWebhooks.failure(
            id: id,
            timestamp: timestamp,
            signatures: signatures,
            body: body,
            secrets: try secrets ?? [secret()],
            now: Timestamp(milliseconds: now * 1000)
        )
    }

    @Test func signsThePublishedExample() throws {
        let signatures = StandardWebhooks.signatures(
            id: Self.id,
            timestamp: Self.seconds,
            body: Self.body,
            secrets: [try secret()]
        )
        #expect(signatures == Self.signature)
        #expect(try failure() == nil)
    }

    @Test func signsWithEverySecret() throws {
        let second = try other()
        let signatures = StandardWebhooks.signatures(
            id: Self.id,
            timestamp: Self.seconds,
            body: Self.body,
            secrets: [try secret(), second]
        )
        #expect(signatures.split(separator: " ").count == 2 && signatures.hasPrefix(Self.signature + " v1,"))
        // During a rotation either side may know either secret.
        #expect(try failure(signatures: signatures) == nil)
        #expect(try failure(signatures: signatures, secrets: [second]) == nil)
        #expect(try failure(signatures: signatures, secrets: [try other(), second]) == nil)
        #expect(try failure(signatures: signatures, secrets: [try other()]) == "no v1 signature matches")
        #expect(try failure(signatures: signatures, secrets: []) == "no v1 signature matches")
    }

    @Test func verifiesNothingElse() throws {
        let mismatch = "no v1 signature matches"
        #expect(try failure(id: "msg_other") == mismatch)
        #expect(try failure(body: Self.body + [0x20]) == mismatch)
        #expect(try failure(timestamp: "1614265331") == mismatch)
        #expect(try failure(timestamp: "01614265330") == mismatch)
        #expect(try failure(signatures: "v1,AAAA") == mismatch)
        #expect(try failure(signatures: "v1,AAAA v2,x \(Self.signature)") == nil)
    }

    @Test(arguments: ["", " ", "v1", "v1,not base64", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "V1,AAAA"])
    func needsASignatureOfItsScheme(signatures: String) throws {
        #expect(try failure(signatures: signatures) == "webhook-signature holds no v1 signature")
    }

    @Test(arguments: [
        "", " ", "x", "+1614265330", "-1614265330", " 1614265330", "1614265330.0", "1e9", "99999999999999999999",
    ])
    func needsUnixSeconds(timestamp: String) throws {
        #expect(try failure(timestamp: timestamp) == "webhook-timestamp is not Unix seconds")
    }

    @Test func toleratesFiveMinutes() throws {
        #expect(try failure(now: Self.seconds + 300) == nil)
        #expect(try failure(now: Self.seconds - 300) == nil)
        let outside = "webhook-timestamp is outside the tolerance of 5 minutes"
        #expect(try failure(now: Self.seconds + 301) == outside)
        #expect(try failure(now: Self.seconds - 301) == outside)
        #expect(try failure(timestamp: "9223372036854775807", now: -1) == outside)
        #expect(try failure(timestamp: "0") == outside)
    }

    @Test(arguments: [24, 32, 64])
    func readsSecretsOfTheRightLength(count: Int) throws {
        let text = "whsec_" + Base64.encode(secureRandomBytes(count))
        #expect(try WebhookSecret(Secret(text: text)) == WebhookSecret(Secret(text: text)))
    }

    @Test(arguments: [
        "", "whsec_", "hunter2hunter2hunter2hunter2hunt", "whsec_hunter2", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        "whsec_" + Base64.encode([UInt8](repeating: 1, count: 23)),
        "whsec_" + Base64.encode([UInt8](repeating: 1, count: 65)),
    ])
    func namesTheRuleWhenASecretIsWrong(text: String) {
        let rule = "must be \"whsec_\" and the Base64 of 24 to 64 bytes; \"martlet keygen\" makes one"
        #expect(throws: CryptoError(rule)) { try WebhookSecret(Secret(text: text)) }
    }

    @Test func makesSecretsItAccepts() throws {
        let text = WebhookSecret.generate()
        #expect(text.hasPrefix("whsec_") && Base64.decode(text.dropFirst(6))?.count == 32)
        #expect(WebhookSecret.generate() != text)
        let secret = try WebhookSecret(Secret(text: text))
        #expect(!"\(secret) \(String(reflecting: secret))".contains(text.dropFirst(6)))
    }
}
