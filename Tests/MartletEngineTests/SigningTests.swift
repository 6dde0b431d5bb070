// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletTesting
import MartletWire
import Testing

@testable import MartletEngine

/// The headers of one attempt: which secrets sign when, in which styles, and what else goes along.
@Suite struct SigningTests {
    private static let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let new = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let privateKey =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private static let publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    private static let body = Array(#"{"type":"payment.paid"}"#.utf8)
    private static let end = Samples.now + .seconds(3600)
    private static let before = end - .milliseconds(1)

    private static func secret(_ text: String, until: Timestamp? = nil) -> SigningSecret {
        SigningSecret(Secret(text: text), until: until)
    }

    private func endpoint(
        _ secrets: [SigningSecret],
        signature: EndpointSignature = .v1,
        styles: [SignatureStyle] = [],
        authentication: EndpointAuthentication? = nil,
        headers: [Endpoint.HeaderPair] = []
    ) throws -> SigningEndpoint {
        try SigningEndpoint(
            Endpoint(
                id: Samples.ledger,
                url: "https://ledger.test/hook",
                secrets: secrets,
                signature: signature,
                signatureStyles: styles,
                authentication: authentication,
                headers: headers
            )
        )
    }

    private func headers(of endpoint: SigningEndpoint, at now: Timestamp = Samples.now) -> HeaderFields {
        let delivery = ClaimedDelivery(
            id: DeliveryID(number: 7),
            eventID: Samples.eventID(1),
            endpoint: Samples.ledger,
            attempts: 0,
            envelope: Self.body
        )
        return endpoint.request(for: delivery, number: 1, at: now, spanID: 1).headers
    }

    /// What a subscriber that knows these secrets makes of the headers; nil if it accepts.
    private func failure(_ headers: HeaderFields, _ known: String..., prefix: String = "webhook") throws -> String? {
        let timestamp = try #require(headers[first: "\(prefix)-timestamp"])
        let seconds = try #require(Int64(timestamp))
        return StandardWebhooks.failure(
            id: try #require(headers[first: "\(prefix)-id"]),
            timestamp: timestamp,
            signatures: try #require(headers[first: "\(prefix)-signature"]),
            body: Self.body,
            verifiers: try known.map { try WebhookVerifier(Secret(text: $0)) },
            now: Timestamp(milliseconds: seconds * 1000)
        )
    }

    private func count(_ headers: HeaderFields) -> Int {
        headers[first: "webhook-signature"]?.split(separator: " ").count ?? 0
    }

    // MARK: rotation

    @Test func bothSecretsSignDuringTheOverlapAndTheNewOneAfterIt() throws {
        let endpoint = try endpoint([Self.secret(Self.new), Self.secret(Self.old, until: Self.end)])
        let during = headers(of: endpoint, at: Self.before)
        #expect(count(during) == 2)
        #expect(try failure(during, Self.old) == nil)
        #expect(try failure(during, Self.new) == nil)
        #expect(try failure(during, Self.old, Self.new) == nil)
        let after = headers(of: endpoint, at: Self.end)
        #expect(count(after) == 1)
        #expect(try failure(after, Self.old) == "no v1 signature matches")
        #expect(try failure(after, Self.new) == nil)
        #expect(try failure(after, Self.old, Self.new) == nil)
        #expect(endpoint.newlyOverdue(at: Self.end).isEmpty)
    }

    @Test func beforeTheRotationOnlyTheOldSecretSigns() throws {
        let headers = headers(of: try endpoint([Self.secret(Self.old)]))
        #expect(try failure(headers, Self.old) == nil)
        #expect(try failure(headers, Self.new) == "no v1 signature matches")
        #expect(try failure(headers, Self.new, Self.old) == nil)
    }

    @Test func theLastSecretToEndSignsOn() throws {
        let endpoint = try endpoint([
            Self.secret(Self.old, until: Samples.now), Self.secret(Self.new, until: Self.end),
        ])
        #expect(endpoint.newlyOverdue(at: Self.before).isEmpty)
        let late = headers(of: endpoint, at: Self.end + .seconds(86_400))
        #expect(count(late) == 1)
        #expect(try failure(late, Self.new) == nil)
        #expect(endpoint.newlyOverdue(at: Self.end).map(\.end) == [Self.end])
        // Said once for each load, by whichever copy comes first.
        let copy = endpoint
        #expect(copy.newlyOverdue(at: Self.end).isEmpty)
    }

    @Test func eachSchemeHasItsOwnLastSecret() throws {
        let endpoint = try endpoint(
            [Self.secret(Self.old, until: Self.end), Self.secret(Self.privateKey, until: Self.end + .seconds(60))],
            signature: .both
        )
        let late = headers(of: endpoint, at: Self.end + .seconds(60))
        #expect(try failure(late, Self.old) == nil)
        #expect(try failure(late, Self.publicKey) == nil)
        #expect(endpoint.newlyOverdue(at: Self.end).map(\.scheme) == [.v1])
        #expect(endpoint.newlyOverdue(at: Self.end + .seconds(60)).map(\.scheme) == [.v1, .v1a])
        #expect(endpoint.newlyOverdue(at: Self.end + .seconds(61)).isEmpty)
    }

    // MARK: schemes

    @Test func signsWithTheSchemesThatAreAskedFor() throws {
        let secrets = [Self.secret(Self.privateKey), Self.secret(Self.old)]
        let v1 = headers(of: try endpoint(secrets))
        #expect(count(v1) == 1 && v1[first: "webhook-signature"]?.hasPrefix("v1,") == true)
        let v1a = headers(of: try endpoint(secrets, signature: .v1a))
        #expect(count(v1a) == 1 && v1a[first: "webhook-signature"]?.hasPrefix("v1a,") == true)
        let both = headers(of: try endpoint(secrets, signature: .both))
        #expect(count(both) == 2)
        #expect(try failure(both, Self.old) == nil)
        #expect(try failure(both, Self.publicKey) == nil)
    }

    @Test func isNeverMadeWithoutASecretOfItsScheme() {
        let shared = Self.secret(Self.old)
        let privateKey = Self.secret(Self.privateKey)
        #expect(throws: CryptoError.self) { try endpoint([]) }
        #expect(throws: CryptoError.self) { try endpoint([privateKey]) }
        #expect(throws: CryptoError.self) { try endpoint([shared], signature: .v1a) }
        #expect(throws: CryptoError.self) { try endpoint([shared], signature: .both) }
        #expect(throws: CryptoError.self) { try endpoint([privateKey], signature: .v1a, styles: [.github]) }
        #expect(throws: CryptoError.self) { try endpoint([Self.secret("whsec_AAAA")]) }
    }

    // MARK: styles

    @Test func sendsTheStylesBesideTheStandardHeaders() throws {
        let plain = headers(of: try endpoint([Self.secret(Self.old)]))
        for style in SignatureStyle.allCases {
            for name in style.headerNames { #expect(plain[first: name] == nil) }
        }
        let headers = headers(of: try endpoint([Self.secret(Self.old)], styles: [.stripe, .github, .svix]))
        #expect(try failure(headers, Self.old) == nil)
        #expect(try failure(headers, Self.old, prefix: "svix") == nil)
        let key = Array(Self.old.utf8)
        let timestamp = String(Samples.now.seconds)
        let stripe = Hex.encode(HMAC.sha256(Array("\(timestamp).".utf8) + Self.body, key: key))
        #expect(headers[first: "stripe-signature"] == "t=\(timestamp),v1=\(stripe)")
        #expect(headers[first: "x-hub-signature-256"] == "sha256=\(Hex.encode(HMAC.sha256(Self.body, key: key)))")
    }

    @Test func theStylesFollowARotation() throws {
        let secrets = [Self.secret(Self.old, until: Self.end), Self.secret(Self.new)]
        let endpoint = try endpoint(secrets, styles: [.stripe, .github])
        func github(_ secret: String) -> String {
            "sha256=\(Hex.encode(HMAC.sha256(Self.body, key: Array(secret.utf8))))"
        }
        let during = headers(of: endpoint, at: Self.before)
        #expect(during[first: "stripe-signature"]?.split(separator: ",").count == 3)
        #expect(during[first: "x-hub-signature-256"] == github(Self.old))
        let after = headers(of: endpoint, at: Self.end)
        #expect(after[first: "stripe-signature"]?.split(separator: ",").count == 2)
        #expect(after[first: "x-hub-signature-256"] == github(Self.new))
    }

    @Test func theStylesTakeTheSharedSecretWhereThePrivateKeySigns() throws {
        let secrets = [Self.secret(Self.privateKey), Self.secret(Self.old)]
        let headers = headers(of: try endpoint(secrets, signature: .v1a, styles: [.svix, .stripe]))
        #expect(try failure(headers, Self.publicKey, prefix: "svix") == nil)
        #expect(count(headers) == 1)
        #expect(headers[first: "stripe-signature"]?.contains(",v1=") == true)
    }

    // MARK: authorisation

    @Test(arguments: [
        // RFC 7617 section 2, and its section 2.1.
        (
            EndpointAuthentication.basic(username: "Aladdin", password: Secret(text: "open sesame")),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        ),
        (.basic(username: "test", password: Secret(text: "123£")), "Basic dGVzdDoxMjPCow=="),
        (.bearer(token: Secret(text: "mF_9.B5f-4.1JqM")), "Bearer mF_9.B5f-4.1JqM"),
    ])
    func authenticates(_ authentication: EndpointAuthentication, expected: String) throws {
        let endpoint = try endpoint([Self.secret(Self.old)], authentication: authentication)
        #expect(headers(of: endpoint).all("authorization") == [expected])
        var printed = "\(endpoint) \(String(reflecting: endpoint))"
        dump(endpoint, to: &printed)
        for hidden in ["sesame", "QWxh", "mF_9", "MfKQ9r8", "123£"] { #expect(!printed.contains(hidden)) }
    }

    @Test func addsStaticHeadersLast() throws {
        let pair = Endpoint.HeaderPair(name: "X-Tenant", value: Secret(text: "7"))
        let names = headers(of: try endpoint([Self.secret(Self.old)], styles: [.svix], headers: [pair])).fields.map(
            \.name
        )
        #expect(
            names == [
                "content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp",
                "svix-signature", "martlet-delivery", "martlet-attempt", "traceparent", "X-Tenant",
            ]
        )
    }
}
