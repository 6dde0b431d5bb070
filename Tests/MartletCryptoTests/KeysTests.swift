// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct KeysTests {
    private static let message = Array(
        ("merchantId=4711&apiId=2&orderId=INV-1001&payCurrency=BTC&payAmount=0.00123456&receiveCurrency=EUR"
            + "&receiveAmount=75.5&receivedAmount=0.00123456&description=Order+INV-1001&orderRequestId=900123&status=3")
            .utf8
    )
    /// The worked example of providers.md 3.8.
    private static let signature = """
        Sg/SQN87PYHF6GHae6fwpZzuSjY9VOmR/ipQ7KdukKehK8vTr9xJAJRuVQgm2DJt3hjttCNnmWv4QjSZkOqYdX3y/4sL1bTckiTnauVv3si6\
        1qVXtjo5TT0zjQRnsavGBx8Na5BRF7f2W3FOCTAnldyfWceRO4ezr0ojJCZzqxUHtscQF3mYUXqtVHG/mB1xq5QYEuL5Rp3GuyQeHE3jeplN\
        XrZvp8PxE29o34VquAVdVEhuF/RfZWsMvE2QurUikVwDlz5dLt2zjVZo9bFBlu2NuXbZJ4n4nXr2cVoCd2L0qaMKwuaY+nnKPZlBgvE44fM2\
        G58aFEXvdBrwv3XzoQ==
        """

    private func published(_ name: String) throws -> [UInt8] {
        let file = try JSONSerialization.jsonObject(with: try Fixtures.vectors("spectrocoin")) as? [String: Any]
        let secrets = try #require(file?["secrets"] as? [String: Any])
        return Array(try #require(secrets[name] as? String).utf8)
    }

    @Test func verifiesTheWorkedExample() throws {
        let key = try RSAPublicKey(pem: try published("provider_public_key_pem"))
        let signature = try #require(Base64.decode(Self.signature))
        #expect(key.verifiesSHA1(signature, of: Self.message))
        let foreign = try RSAPublicKey(pem: try published("test_only_foreign_public_key_pem"))
        #expect(!foreign.verifiesSHA1(signature, of: Self.message))
        #expect(key.fingerprint != foreign.fingerprint)
        #expect(key.fingerprint.count == 64 && Hex.decode(key.fingerprint) != nil)
    }

    @Test func signsTheWorkedExampleAgain() throws {
        let key = try RSAPrivateKey(pem: Secret(try published("test_only_private_key_pem")))
        #expect(Base64.encode(try key.signSHA1(Self.message)) == Self.signature)
    }

    @Test func acceptsNoOtherSignatureOrMessage() throws {
        let (privatePEM, publicPEM) = try RSAPrivateKey.generatePEM()
        let key = try RSAPublicKey(pem: publicPEM)
        let signature = try RSAPrivateKey(pem: privatePEM).signSHA1(Self.message)
        #expect(key.verifiesSHA1(signature, of: Self.message))
        #expect(!key.verifiesSHA1(signature, of: Self.message + [0]))
        #expect(!key.verifiesSHA1(signature, of: []))
        #expect(!key.verifiesSHA1([], of: Self.message))
        #expect(!key.verifiesSHA1(signature + [0], of: Self.message))
        #expect(!key.verifiesSHA1(Array(signature.dropLast()), of: Self.message))
        #expect(!key.verifiesSHA1([UInt8](repeating: 0, count: signature.count), of: Self.message))
        var flipped = signature
        flipped[17] ^= 1
        #expect(!key.verifiesSHA1(flipped, of: Self.message))
        #expect(key.verifiesSHA1(signature, of: Self.message))
    }

    @Test func refusesAKeyThatIsTooSmall() throws {
        let (_, publicPEM) = try RSAPrivateKey.generatePEM(bits: 512)
        #expect(throws: CryptoError("an RSA key below 1024 bits proves nothing")) { try RSAPublicKey(pem: publicPEM) }
    }

    /// The last two would make OpenSSL ask for a passphrase at the terminal.
    @Test(arguments: [
        "", "hunter2", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\naHVudGVyMg==\n-----END PUBLIC KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\naHVudGVyMg==\n-----END RSA PRIVATE KEY-----\n",
        """
        -----BEGIN PUBLIC KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

        aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMmh1bnQ=
        -----END PUBLIC KEY-----

        """,
        """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

        aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMmh1bnQ=
        -----END RSA PRIVATE KEY-----

        """,
    ])
    func refusesGarbageWithoutRepeatingIt(pem: String) {
        let publicError = #expect(throws: CryptoError.self) { try RSAPublicKey(pem: Array(pem.utf8)) }
        #expect(publicError?.description.hasPrefix("not a PEM public key of RSA") == true)
        let privateError = #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: Secret(text: pem)) }
        #expect(privateError?.description.hasPrefix("not a PEM private key of RSA") == true)
        for error in [publicError, privateError] {
            #expect(error?.description.contains("hunter2") == false && error?.description.contains("aHVu") == false)
        }
    }

    @Test func tellsThePrivateKeyFromThePublicOne() throws {
        let (privatePEM, publicPEM) = try RSAPrivateKey.generatePEM(bits: 1024)
        #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: Secret(publicPEM)) }
        let error = #expect(throws: CryptoError.self) {
            try privatePEM.withExposedBytes { bytes throws(CryptoError) in try RSAPublicKey(pem: bytes) }
        }
        #expect(error?.description.contains("BEGIN PRIVATE") == false)
    }

    @Test func reportsNoReasonOfAnEarlierFailure() throws {
        #expect(throws: CryptoError.self) { try RSAPublicKey(pem: Array("garbage".utf8)) }
        let error = #expect(throws: CryptoError.self) { try RSAPublicKey(pem: []) }
        #expect(error?.description == "not a PEM public key of RSA (\"-----BEGIN PUBLIC KEY-----\")")
    }

    @Test func makesAsymmetricWebhookKeysOfTheirShape() throws {
        let (secret, publicKey) = try AsymmetricWebhookKey.generate()
        #expect(secret.hasPrefix("whsk_") && publicKey.hasPrefix("whpk_"))
        let secretBytes = try #require(Base64.decode(secret.dropFirst(5)))
        let publicBytes = try #require(Base64.decode(publicKey.dropFirst(5)))
        #expect(secretBytes.count == 64 && publicBytes.count == 32)
        #expect(Array(secretBytes[32...]) == publicBytes)
        #expect(try AsymmetricWebhookKey.generate().secret != secret)
    }
}
