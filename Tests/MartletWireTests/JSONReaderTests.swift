import MartletTesting
// SPDX-License-Identifier: Apache-2.0
import MartletWire
import Testing

struct JSONReaderTests {
    @Test func keepsOrderAndDigits() throws {
        let value = try JSONReader.read(
            Array(#" { "b" : 207.10 , "a" : [ -0.5e+3 , true , false , null , {} ] } "#.utf8)
        )
        let expected = JSONObject([
            ("b", .number("207.10")),
            ("a", .array([.number("-0.5e+3"), .bool(true), .bool(false), .null, .object(JSONObject())])),
        ])
        #expect(value == .object(expected))
    }

    @Test(arguments: ["null", "true", "0", "-0", "12", "0.0", "1E9", "1e-9", "\"\"", "[]", "{}", "[[]]", " 1\n\t\r"])
    func accepts(_ text: String) throws {
        #expect(throws: Never.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"),
        (#""\u0000""#, "\u{0}"),
        (#""a\u0062c€😀""#, "abc€😀"),
    ])
    func decodesTexts(_ text: String, _ expected: String) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == .string(expected))
    }

    @Test(arguments: [
        ("", JSONReadError.Rule.unexpectedEnd), ("   ", .unexpectedEnd), ("{", .unexpectedEnd), ("[1,", .unexpectedEnd),
        ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("\"a", .unexpectedEnd), ("\"\\", .unexpectedEnd),
        ("\"\\u12", .unexpectedEnd), ("tru", .unexpectedEnd), ("{} {}", .trailingText), ("1 x", .trailingText),
        ("[1,]", .unexpectedCharacter), ("{\"a\":1,}", .unexpectedCharacter), ("{a:1}", .unexpectedCharacter),
        ("{'a':1}", .unexpectedCharacter), ("[1 2]", .unexpectedCharacter), ("NaN", .unexpectedCharacter),
        ("Infinity", .unexpectedCharacter), ("+1", .unexpectedCharacter), (".5", .unexpectedCharacter),
        ("trux", .unexpectedCharacter), ("/**/1", .unexpectedCharacter), ("\u{A0}1", .unexpectedCharacter),
        ("01", .invalidNumber), ("-", .invalidNumber), ("1.", .invalidNumber), ("1e", .invalidNumber),
        ("-x", .invalidNumber), ("00", .invalidNumber), ("\"\\x\"", .invalidEscape), ("\"\\u12g4\"", .invalidEscape),
        ("\"\\ud800\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate), ("\"\\ud800\\u0041\"", .loneSurrogate),
        ("\"\\ud800x\"", .loneSurrogate), ("\"\u{1}\"", .controlCharacter), ("\"a\nb\"", .controlCharacter),
        ("\"\\n\n\"", .controlCharacter), ("\u{FEFF}{}", .byteOrderMark),
    ])
    func refuses(_ text: String, _ rule: JSONReadError.Rule) {
        let error = #expect(throws: JSONReadError.self) { try JSONReader.read(Array(text.utf8)) }
        #expect(error?.rule == rule)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xC3],
        ] as [[UInt8]]
    )
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        let error = #expect(throws: JSONReadError.self) { try JSONReader.read([0x22] + bytes + [0x22]) }
        #expect(error == JSONReadError(.invalidUTF8, at: 1))
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":[{"a":1,"b":2,"a":3}]}"#, #"{"":1,"":2}"#,
    ])
    func refusesRepeatedMembers(_ text: String) {
        let error = #expect(throws: JSONReadError.self) { try JSONReader.read(Array(text.utf8)) }
        #expect(error?.rule == .repeatedMember)
    }

    @Test(arguments: [0, 40]) func twoSpellingsOfALetterAreTwoNames(_ others: Int) throws {
        let names = (0..<others).map { "m\($0)" } + ["\u{E9}", "e\u{301}", "e\u{301}\u{327}", "e\u{327}\u{301}"]
        let text = names.map { "\"\($0)\":0" }.joined(separator: ",")
        let object = try JSONReader.readObject(Array("{\(text)}".utf8)).object
        #expect(object.members.count == names.count)
        for (index, name) in names.enumerated() { #expect(object.index(of: name) == index) }
        #expect(throws: JSONReadError.self) { try JSONReader.read(Array("{\(text),\"e\u{301}\":1}".utf8)) }
        let form = names.map { "\($0)=0" }.joined(separator: "&")
        #expect(try FormReader.read(Array(form.utf8)).members.count == names.count)
        #expect(throws: FormReadError.self) { try FormReader.read(Array("\(form)&e\u{301}=1".utf8)) }
    }

    @Test func refusesRepeatedMembersAmongMany() {
        let names = (0..<200).map { "\"m\($0)\":0" }
        #expect(throws: Never.self) { try JSONReader.read(Array("{\(names.joined(separator: ","))}".utf8)) }
        let error = #expect(throws: JSONReadError.self) {
            try JSONReader.read(Array("{\(names.joined(separator: ",")),\"m7\":1}".utf8))
        }
        #expect(error?.rule == .repeatedMember)
        #expect(error?.member == "m7")
    }

    @Test func boundsNesting() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONReader.read(nested(32)) }
        #expect(throws: JSONReadError(.tooDeep, at: 32)) { try JSONReader.read(nested(33)) }
        #expect(throws: JSONReadError(.tooDeep, at: 2)) { try JSONReader.read(nested(3), maxDepth: 2) }
        let error = #expect(throws: JSONReadError.self) { try JSONReader.read(nested(30_000)) }
        #expect(error?.rule == .tooDeep)
    }

    @Test func tellsWhereMembersStand() throws {
        let text = Array(#" {"a" : [1, {"x":2}] , "sign":"s"}"#.utf8)
        let (object, ranges) = try JSONReader.readObject(text)
        #expect(object.members.map(\.name) == ["a", "sign"])
        #expect(ranges.map { String(decoding: text[$0], as: UTF8.self) } == [#""a" : [1, {"x":2}]"#, #""sign":"s""#])
    }

    @Test func wantsAnObject() {
        #expect(throws: JSONReadError(.notAnObject, at: 0)) { try JSONReader.readObject(Array("[{}]".utf8)) }
    }

    @Test func namesRuleAndPlace() {
        let error = JSONReadError(.repeatedMember, at: 7, member: "a")
        #expect(error.description == "the text has a member twice; keep one (\"a\") (at byte 7)")
    }

    /// Passes if it returns.
    @Test func neverCrashesOnRandomBytes() {
        let seed = UInt64.random(in: .min ... .max)
        print("JSONReaderTests seed \(seed)")
        var random = SplitMix64(seed: seed)
        let alphabet = Array("{}[]\",:\\u0041d8tfn truefalsenull-1.5e+ \n\u{E9}".utf8) + [0xFF, 0x00]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            _ = try? JSONReader.read(bytes)
            _ = try? FormReader.read(bytes)
        }
    }
}
