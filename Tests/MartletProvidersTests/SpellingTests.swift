// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// What is signed are values, not bytes: however they are spelled on the wire, the callback says the same.
struct SpellingTests {
    private static let rounds = 300

    @Test(arguments: ["kryptoswap", "spectrocoin"])
    func formsInAnyOrderAndEncoding(_ kind: String) throws {
        let seed = UInt64.random(in: .min ... .max)
        print("SpellingTests \(kind) seed \(seed)")
        var random = SplitMix64(seed: seed)
        let provider = try SampleTests.provider(kind)
        let key = kind == "spectrocoin" ? try SpectroCoinTests.privateKey() : nil
        let sample = try provider.sample(SampleTests.request(kind == "spectrocoin" ? "3" : "done", key: key))
        let members = try FormReader.read(sample.body).members.map { ($0.name, $0.value) }
        let original = try #require(Self.event(provider, sample.body, sample.headers))
        for round in 0..<Self.rounds {
            // Members that nothing protects may be there, with any name that is not taken.
            let extra = (0..<Int.random(in: 0...3, using: &random)).map { index in
                ("x\(index)\(Text.any(using: &random))", Text.any(using: &random))
            }
            let spelled = (members + extra).shuffled(using: &random).map { name, value in
                Self.percent(name, using: &random) + "=" + Self.percent(value, using: &random)
            }
            let body = Array(spelled.joined(separator: "&").utf8)
            var event = try #require(Self.event(provider, body, sample.headers), "round \(round)")
            #expect(event.verification.uncoveredFields.count <= extra.count)
            event.verification.uncoveredFields = original.verification.uncoveredFields
            #expect(event == original, "round \(round)")
        }
    }

    @Test func jsonInAnySpelling() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("SpellingTests cryptomus seed \(seed)")
        var random = SplitMix64(seed: seed)
        let provider = try CryptomusTests.provider()
        let headers = HeaderFields([("content-type", "application/json")])
        for round in 0..<Self.rounds {
            // Any members in any order; the order itself is signed.
            var members = try JSONReader.readObject(Array(CryptomusTests.payment.utf8)).object.members.map {
                ($0.name, $0.value)
            }
            for index in 0..<Int.random(in: 0...4, using: &random) {
                members.append(("x\(index)\(Text.any(using: &random))", Self.value(depth: 0, using: &random)))
            }
            members.shuffle(using: &random)
            let key = try #require(provider.paymentKey)
            let sign = CryptomusSignature.digest(of: PHPJSON.write(JSONObject(members)), key: key)
            let place = Int.random(in: 0...members.count, using: &random)
            members.insert(("sign", .string(String(decoding: sign, as: UTF8.self))), at: place)
            let wire = Self.spell(.object(JSONObject(members)), using: &random)
            let event = try #require(Self.event(provider, Array(wire.utf8), headers), "round \(round): \(wire)")
            #expect(event.dedupeKey == "payment:u-1:paid:final:-:-")
            // The same members in another order are another text.
            let moved = [members.removeLast()] + members
            let isSameOrder = moved.map(\.0).filter { $0 != "sign" } == members.map(\.0).filter { $0 != "sign" }
            let other = Self.spell(.object(JSONObject(moved)), using: &random)
            #expect(isSameOrder || Self.event(provider, Array(other.utf8), headers) == nil, "round \(round)")
        }
    }

    private static func event(_ provider: any PushProvider, _ body: [UInt8], _ headers: HeaderFields) -> Event? {
        let callback = Callback(
            method: "POST",
            headers: headers,
            body: body,
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
        let judgement = provider.judge(callback, order: .notAsked)
        if case .needsOrder = judgement { return provider.judge(callback, order: .unknown).event }
        return judgement.event
    }

    /// Encodes more than it must, in digits of either case; a space as plus or `%20`.
    private static func percent(_ text: String, using random: inout SplitMix64) -> String {
        text.utf8.map { byte -> String in
            let isPlain = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39
            if isPlain, Bool.random(using: &random) { return String(UnicodeScalar(byte)) }
            if byte == 0x20, Bool.random(using: &random) { return "+" }
            let digits = String(byte, radix: 16, uppercase: Bool.random(using: &random))
            return "%" + (byte < 16 ? "0" : "") + digits
        }
        .joined()
    }

    private static func value(depth: Int, using random: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0..<(depth > 2 ? 5 : 7), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2:
            .number(
                ["0", "-0", "207.10", "1.50e3", "1E-7", "123456789012345678901234567890"].randomElement(using: &random)
                    ?? "0"
            )
        case 3, 4: .string(Text.any(using: &random))
        case 5:
            .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, using: &random) })
        default:
            .object(
                JSONObject(
                    (0..<Int.random(in: 0...3, using: &random)).map { index in
                        (
                            index == 0 ? "sign" : "\(index)\(Text.any(using: &random))",
                            value(depth: depth + 1, using: &random)
                        )
                    }
                )
            )
        }
    }

    /// Spaces between, and escapes where none are needed.
    private static func spell(_ value: JSONValue, using random: inout SplitMix64) -> String {
        func space() -> String { ["", "", "", " ", "\n", "\t", "\r\n  "].randomElement(using: &random) ?? "" }
        switch value {
        case .null: return "null"
        case .bool(let flag): return "\(flag)"
        case .number(let digits): return digits
        case .string(let text): return quote(text, using: &random)
        case .array(let elements):
            let parts = elements.map { space() + spell($0, using: &random) + space() }
            return "[" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "]"
        case .object(let object):
            let parts = object.members.map { member in
                space() + quote(member.name, using: &random) + space() + ":" + space()
                    + spell(member.value, using: &random) + space()
            }
            return "{" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "}"
        }
    }

    private static func quote(_ text: String, using random: inout SplitMix64) -> String {
        let parts = text.unicodeScalars.map { scalar -> String in
            let isEscaped = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if scalar == "/", Bool.random(using: &random) { return "\\/" }
            if !isEscaped, Int.random(in: 0..<3, using: &random) > 0 { return String(scalar) }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            .joined()
        }
        return "\"" + parts.joined() + "\""
    }
}

/// Texts of letters that are written in more than one way.
private enum Text {
    private static let scalars = Array(
        "aZ09 /\\\"'&=%+*~._-:;<>\u{0}\u{1}\u{8}\u{9}\u{A}\u{C}\u{D}\u{1F}\u{7F}".unicodeScalars
    )

    static func any(using random: inout SplitMix64) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.append(Unicode.Scalar(UInt32.random(in: 0x80...0xD7FF, using: &random)) ?? "é")
            case 1: text.append(Unicode.Scalar(UInt32.random(in: 0x1_0000...0x10_FFFF, using: &random)) ?? "😀")
            // PHP escapes these two and not their neighbours.
            case 2: text.append(Unicode.Scalar(UInt32.random(in: 0x2026...0x202A, using: &random)) ?? "\u{2028}")
            default: text.append(scalars.randomElement(using: &random) ?? "a")
            }
        }
        return String(text)
    }
}
