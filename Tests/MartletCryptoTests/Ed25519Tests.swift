// SPDX-License-Identifier: Apache-2.0
import MartletCrypto
import Testing

@Suite struct Ed25519Tests {
    struct Vector: Sendable {
        var seed: String
        var publicKey: String
        var message: String
        var signature: String
    }

    /// RFC 8032 section 7.1: tests 1 to 3 and SHA(abc).
    private static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        ),
        Vector(
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message:
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd45"
                + "4d4423643ce80e2a9ac94fa54ca49f",
            signature:
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                + "3dca179c138ac17ad9bef1177331a704"
        ),
    ]

    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    @Test(arguments: vectors)
    func signsAndVerifiesThePublishedVectors(_ vector: Vector) throws {
        let key = try Ed25519PrivateKey(seed: bytes(vector.seed))
        let message = try bytes(vector.message)
        let signature = key.sign(message)
        #expect(Hex.encode(key.publicKey) == vector.publicKey)
        #expect(Hex.encode(signature) == vector.signature)
        let publicKey = try Ed25519PublicKey(bytes(vector.publicKey))
        #expect(publicKey.verifies(signature, of: message))
        #expect(!publicKey.verifies(signature, of: message + [0]))
        #expect(!publicKey.verifies(signature + [0], of: message))
        #expect(!publicKey.verifies(Array(signature.dropLast()), of: message))
        #expect(!publicKey.verifies([], of: message))
    }

    @Test func acceptsNoChangedSignature() throws {
        let message = try bytes(Self.vectors[1].message)
        let publicKey = try Ed25519PublicKey(bytes(Self.vectors[1].publicKey))
        let signature = try bytes(Self.vectors[1].signature)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!publicKey.verifies(changed, of: message))
        }
        // The same signature with the group's order added to its second half, RFC 8032 section 8.4.
        let malleable = try bytes(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69daf52db7415978abc61b2c2eb6aeebfca0"
                + "387b2eaeb4302aeeb00d291612bb0c10"
        )
        #expect(!publicKey.verifies(malleable, of: message))
        #expect(publicKey.verifies(signature, of: message))
        #expect(try !Ed25519PublicKey(bytes(Self.vectors[2].publicKey)).verifies(signature, of: message))
    }

    @Test func signsOnSeveralThreadsAtOnce() async throws {
        let key = try Ed25519PrivateKey(seed: bytes(Self.vectors[1].seed))
        let message = try bytes(Self.vectors[1].message)
        let signatures = await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<200 { group.addTask { key.sign(message) } }
            return await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(signatures.map(Hex.encode) == [Self.vectors[1].signature])
    }

    @Test(arguments: [0, 31, 33, 64])
    func refusesKeysOfAnotherLength(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.self) { try Ed25519PrivateKey(seed: bytes) }
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(bytes) }
    }
}
