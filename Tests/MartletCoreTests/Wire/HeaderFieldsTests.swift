// SPDX-License-Identifier: Apache-2.0
import MartletWire
import Testing

@Suite struct HeaderFieldsTests {
    @Test func keepsOrderAndRepeats() {
        var headers = HeaderFields([("B", "1"), ("a", "2")])
        headers.append("b", "3")
        #expect(headers.fields.map(\.name) == ["B", "a", "b"])
        #expect(headers[first: "b"] == "1")
        #expect(headers.all("B") == ["1", "3"])
        #expect(headers[first: "c"] == nil)
        #expect(headers.all("c").isEmpty)
        #expect(HeaderFields().isEmpty && !headers.isEmpty)
    }

    @Test func comparesNamesWithoutASCIICaseOnly() {
        #expect("Content-Type".equalsIgnoringASCIICase("cONTENT-tYPE"))
        for (left, right) in [
            ("[", "{"), ("@", "`"), ("^", "~"), ("\\", "|"), ("]", "}"), ("K", "\u{212A}"), ("a", "aa"),
        ] {
            #expect(!left.equalsIgnoringASCIICase(right))
        }
        #expect("".equalsIgnoringASCIICase(""))
        #expect(!"ä".equalsIgnoringASCIICase("Ä"))
        for byte in UInt8(0)...127 {
            let text = String(UnicodeScalar(byte))
            #expect(text.uppercased().equalsIgnoringASCIICase(text.lowercased()))
        }
    }
}
