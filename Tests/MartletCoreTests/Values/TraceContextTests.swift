// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

/// The rules of W3C Trace Context level 1, section 3.2.
struct TraceContextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func keepsTraceAndFlagAndMakesANewSpan() throws {
        let trace = try #require(TraceContext(traceparent: Self.valid))
        #expect(trace.id == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.isSampled)
        #expect(trace.traceparent(span: 0xAB) == "00-0af7651916cd43dd8448eb211c80319c-00000000000000ab-01")
        let unsampled = try #require(TraceContext(traceparent: String(Self.valid.dropLast(2)) + "fe"))
        #expect(
            unsampled.traceparent(span: 1).hasSuffix("-0000000000000001-00"),
            "bits that mean nothing yet are not sent on"
        )
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-é",
    ])
    func refusesWhatIsNotValid(_ text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func readsLaterVersionsByWhatIsKnownOfThem() throws {
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(TraceContext(traceparent: later)?.id == "0af7651916cd43dd8448eb211c80319c")
        let longer = try #require(TraceContext(traceparent: later + "-what-will-be"))
        #expect(longer.traceparent(span: 1).hasPrefix("00-"))
    }

    @Test func takesOneHeaderOnly() {
        let one = HeaderFields([("Content-Type", "text/plain"), ("TraceParent", Self.valid), ("x-traceparen", "x")])
        #expect(TraceContext(one)?.id == "0af7651916cd43dd8448eb211c80319c")
        #expect(TraceContext(HeaderFields([("traceparent", Self.valid), ("traceparent", Self.valid)])) == nil)
        #expect(TraceContext(HeaderFields()) == nil)
    }

    @Test func anEventStandsForATraceOfItsOwn() {
        let id = EventID(rawValue: "evt_00112233445566778899aabbccddeeff")
        #expect(TraceContext(of: id).id == "00112233445566778899aabbccddeeff")
        #expect(TraceContext(of: id) == TraceContext(of: id))
        #expect(TraceContext(of: EventID(rawValue: "evt_")).id == "00000000000000000000000000000001")
    }

    @Test func survivesTheStore() throws {
        for text in [Self.valid, String(Self.valid.dropLast(1)) + "0"] {
            let trace = try #require(TraceContext(traceparent: text))
            #expect(TraceContext(stored: trace.stored) == trace)
        }
        #expect(TraceContext(stored: "nonsense") == nil)
    }
}
