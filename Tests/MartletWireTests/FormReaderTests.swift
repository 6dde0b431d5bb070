// SPDX-License-Identifier: Apache-2.0
import MartletWire
import Testing

struct FormReaderTests {
    @Test func decodesNamesAndValues() throws {
        let body = try FormReader.read(Array("a=1+2%203&b%5B0%5D=%C5%BD%26%3d&c=&d=x=y".utf8))
        #expect(body == FormBody([("a", "1 2 3"), ("b[0]", "Ž&="), ("c", ""), ("d", "x=y")]))
        #expect(body["c"] == "")
        #expect(body["e"] == nil)
    }

    @Test(arguments: [
        ("", FormReadError.Rule.empty), ("a", .memberWithoutName), ("=1", .memberWithoutName),
        ("a=1&", .memberWithoutName), ("&a=1", .memberWithoutName), ("a=1&&b=2", .memberWithoutName),
        ("a=%", .invalidEscape), ("a=%4", .invalidEscape), ("a=%4&b=1", .invalidEscape), ("a=%zz", .invalidEscape),
        ("%=1", .invalidEscape), ("a=%FF", .invalidUTF8), ("a=%C0%80", .invalidUTF8), ("a=%ED%A0%80", .invalidUTF8),
        ("%FF=1", .invalidUTF8), ("a=1&a=2", .repeatedMember), ("a=1&%61=2", .repeatedMember),
        ("\u{FEFF}a=1", .byteOrderMark), ("\u{FEFF}", .byteOrderMark),
    ])
    func refuses(_ text: String, _ rule: FormReadError.Rule) {
        let error = #expect(throws: FormReadError.self) { try FormReader.read(Array(text.utf8)) }
        #expect(error?.rule == rule)
    }

    @Test func refusesRawBytesThatAreNotUTF8() {
        #expect(throws: FormReadError(.invalidUTF8, at: 2)) { try FormReader.read([0x61, 0x3D, 0xFF]) }
    }

    @Test func boundsTheNumberOfMembers() {
        func form(_ count: Int) -> [UInt8] { Array((0..<count).map { "m\($0)=" }.joined(separator: "&").utf8) }
        #expect(throws: Never.self) { try FormReader.read(form(256)) }
        let error = #expect(throws: FormReadError.self) { try FormReader.read(form(257)) }
        #expect(error?.rule == .tooManyMembers)
    }
}
