// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@testable import MartletCrypto

@Suite struct SecretBoxTests {
    struct Vector: Sendable {
        var key: String
        var nonce: String
        var plaintext = ""
        var associated = ""
        var sealed: String
    }

    private static let zeros = String(repeating: "0", count: 64)
    private static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    private static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
        + "aa0de657ba637b391aafd255"
    private static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63"
        + "93ba7a0abcc9f662898015ad"

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", the submission to NIST, appendix B, test cases 13 to 16.
    static let vectors = [
        Vector(key: zeros, nonce: String(zeros.prefix(24)), sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: zeros,
            nonce: String(zeros.prefix(24)),
            plaintext: String(zeros.prefix(32)),
            sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            plaintext: plaintext,
            sealed: ciphertext + "b094dac5d93471bdec1a502270e3cc6c"
        ),
        Vector(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            plaintext: String(plaintext.prefix(120)),
            associated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: String(ciphertext.prefix(120)) + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: vectors) func sealsAndOpensAsThePublishedVectorsSay(_ vector: Vector) throws {
        let key = try #require(Hex.decode(vector.key))
        let nonce = try #require(Hex.decode(vector.nonce))
        let plaintext = try #require(Hex.decode(vector.plaintext))
        let associated = try #require(Hex.decode(vector.associated))
        let sealed = AES256GCM.seal(plaintext, key: key, nonce: nonce, associated: associated)
        #expect(Hex.encode(sealed) == vector.sealed)
        #expect(AES256GCM.open(sealed, key: key, nonce: nonce, associated: associated) == plaintext)
    }

    @Test func everyChangedBitIsNoticed() throws {
        let key = [UInt8](repeating: 7, count: 32)
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = AES256GCM.seal(Array("secret".utf8), key: key, nonce: nonce, associated: [1])
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(AES256GCM.open(changed, key: key, nonce: nonce, associated: [1]) == nil, "bit \(bit)")
        }
        #expect(AES256GCM.open(sealed, key: key, nonce: nonce, associated: []) == nil)
        #expect(AES256GCM.open(Array(sealed.prefix(15)), key: key, nonce: nonce, associated: [1]) == nil)
    }

    private let first = Result { try SecretsKey(Secret(text: SecretsKey.generate())) }
    private let second = Result { try SecretsKey(Secret(text: SecretsKey.generate())) }

    @Test func aFormerKeyStillOpensAndANewOneSeals() throws {
        let old = SecretBox(try first.get())
        let new = SecretBox(try second.get(), previous: [try first.get()])
        let secret = Secret(text: "whsec_x")
        let sealed = old.seal(secret, for: "orders.ipn_secret:a/b:1")
        let text = String(decoding: sealed, as: UTF8.self)
        #expect(text.hasPrefix("aes256gcm:\(old.keyID):"))
        #expect(!text.contains("whsec"))
        #expect(try new.open(sealed, for: "orders.ipn_secret:a/b:1") == secret)
        #expect(new.keyID != old.keyID)
        #expect(new.has(old.keyID) && !old.has(new.keyID))
        #expect(String(decoding: new.seal(secret, for: ""), as: UTF8.self).hasPrefix("aes256gcm:\(new.keyID):"))
        #expect(old.seal(secret, for: "") != old.seal(secret, for: ""), "every nonce is new")
        #expect(try old.open(old.seal(Secret([]), for: ""), for: "") == Secret([]))
    }

    @Test func whatIsMovedDamagedOrUnderAnotherKeyDoesNotOpen() throws {
        let box = SecretBox(try first.get())
        let sealed = box.seal(Secret(text: "whsec_x"), for: "here")
        let moved = #expect(throws: SealingError.self) { _ = try box.open(sealed, for: "there") }
        #expect(moved?.description.contains("changed or moved") == true)
        let other = SecretBox(try second.get())
        let unknown = #expect(throws: SealingError.self) { _ = try other.open(sealed, for: "here") }
        #expect(unknown?.description.contains("sealed with the key \(box.keyID)") == true)
        for text in ["", "plain", "aes256gcm:\(box.keyID):", "aes256gcm:\(box.keyID):AAAA", "x:\(box.keyID):AAAA"] {
            #expect(throws: SealingError.self, "\(text)") { _ = try box.open(Array(text.utf8), for: "here") }
        }
    }

    @Test(arguments: ["", "short", "AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretsKey.generate() + "\n"])
    func aKeyIsTheBase64Of32Bytes(_ text: String) {
        let error = #expect(throws: CryptoError.self) { _ = try SecretsKey(Secret(text: text)) }
        #expect(error?.description.contains("\"martlet keygen --secrets-key\" makes one") == true)
    }
}
