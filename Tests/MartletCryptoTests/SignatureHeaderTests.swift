// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import Testing

/// Other systems' headers; expected values were made with Python's `hmac`, and with Stripe's own library for its header.
@Suite struct SignatureHeaderTests {
    private static let secrets = [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]
    private static let content = WebhookContent(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        body: Array("{\"test\": 2432232314}".utf8)
    )

    private func secrets() throws -> [WebhookSecret] { try Self.secrets.map { try WebhookSecret(Secret(text: $0)) } }

    @Test func signsInTheStyleOfStripe() throws {
        var header = SignatureHeader.stripe(Self.content)
        for secret in try secrets() { header.signForStripe(with: secret) }
        let expected =
            "t=1614265330,v1=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964"
            + ",v1=8dbc842b6599c1be049900723cebba01cdec937f060d8d59fd18e8efade1dbb7"
        #expect(header.value == expected)
    }

    @Test(arguments: [
        (0, "sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c"),
        (1, "sha256=4685c9d16f64a759d47846eae0e4f6c75bedef25470e9a0e099c5a56f2f5571f"),
    ])
    func signsInTheStyleOfGitHub(index: Int, expected: String) throws {
        #expect(SignatureHeader.github(Self.content, secret: try secrets()[index]) == expected)
    }

    /// The example on GitHub's page of validating deliveries, whose secret has no form.
    @Test func computesGitHubsExample() {
        let mac = HMAC.sha256(Array("Hello, World!".utf8), key: Array("It's a Secret to Everybody".utf8))
        #expect(Hex.encode(mac) == "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    }

    @Test func signsInTheStandardsOwnStyle() throws {
        var header = SignatureHeader.standard(Self.content)
        for secret in try secrets() { header.sign(with: .v1(secret)) }
        let expected =
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI="
        #expect(header.value == expected)
    }

    @Test func signsAnEmptyBody() throws {
        let secret = try secrets()[0]
        let empty = WebhookContent(id: "", timestamp: "0", body: [])
        let expected = Hex.encode(HMAC.sha256([], key: Array(Self.secrets[0].utf8)))
        #expect(SignatureHeader.github(empty, secret: secret) == "sha256=\(expected)")
    }
}
