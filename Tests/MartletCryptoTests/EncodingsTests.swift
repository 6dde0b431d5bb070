// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCrypto
import MartletTesting
import Testing

@Suite struct EncodingsTests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"), ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
    func encodesAndDecodes(text: String, base64: String, hex: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == base64 && Base64.decode(base64) == bytes)
        #expect(Base64.encodeToBytes(bytes) == Array(base64.utf8))
        #expect(Hex.encode(bytes) == hex && Hex.decode(hex) == bytes && Hex.decode(hex.uppercased()) == bytes)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "A===", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm8 ", " Zm8=",
        "Zm8=\n", "Zm\n8=", "Zm8=Zm8=", "Zg==Zg==", "Z=g=", "=Zm8", "Zm-_", "Zm8.", "Zm8\u{0}", "Zmé=", "A", "AAAAA",
        "AAAAA===",
    ])
    func refusesBase64ThatIsNotCanonical(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["0", "abc", "0g", "0x00", " 00", "00 ", "+1", "ａａ", "0\u{0}", "--"])
    func refusesOtherHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func agreesWithFoundation() {
        var random = SplitMix64()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...100, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString(), "seed \(random.seed)")
            #expect(Base64.decode(text) == bytes, "seed \(random.seed)")
            #expect(Hex.decode(Hex.encode(bytes)) == bytes, "seed \(random.seed)")
        }
    }

    @Test func decodingIsInjective() {
        var random = SplitMix64()
        let alphabet = Array("ABgwZz09+/=".utf8)
        for _ in 0..<20_000 {
            let digits = (0..<4 * Int.random(in: 1...2, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0x41
            }
            let text = String(decoding: digits, as: UTF8.self)
            if let bytes = Base64.decode(text) { #expect(Base64.encode(bytes) == text, "seed \(random.seed)") }
        }
    }
}
