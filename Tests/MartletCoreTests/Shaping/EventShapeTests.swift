// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite struct EventShapeTests {
    private static func read(_ text: String) throws -> (shape: EventShape?, lines: [String]) {
        let problems = SettingsProblems()
        let shape = EventShape.read(try JSONReader.read(Array(text.utf8), maxDepth: 99), at: "$.s", into: problems)
        #expect((shape == nil) == problems.hasErrors)
        return (shape, problems.all.map(\.description))
    }

    private func body(_ text: String, _ event: Event) throws -> String {
        String(decoding: try #require(try Self.read(text).shape).render(event), as: UTF8.self)
    }

    // MARK: bodies

    @Test func picksRenamesAndAddsConstants() throws {
        let text = #"""
            { "id": { "pick": "event_id" }, "amount": { "pick": "money.paid.amount" }, "kind": { "constant": "payment" },
              "order": { "number": { "pick": "merchant_order_id" }, "meta": { "version": { "constant": 1.50 } } },
              "live": { "constant": true }, "coupon": { "constant": null }, "member": { "constant": "a\"\n€" } }
            """#
        let expected = #"""
            {"id":"evt_ff","amount":"100","kind":"payment","order":{"number":"INV-\"1\"","meta":{"version":1.50}},\#
            "live":true,"coupon":null,"member":"a\"\n€"}
            """#
        #expect(try body(text, fullEvent()) == expected)
    }

    @Test func picksWholeObjectsAndLists() throws {
        let text = #"""
            { "paid": { "pick": "money.paid" }, "refs": { "pick": "provider_refs" }, "flags": { "pick": "flags" },
              "proof": { "pick": "verification" }, "when": { "pick": "timestamp" } }
            """#
        let expected = #"""
            {"paid":{"amount":"100","currency":"USDT"},"refs":{"merchantId":"4711","api.id":"2"},\#
            "flags":["amount_mismatch","test"],"proof":{"method":"rsa-sha1-form","uncovered_fields":["a","b"]},\#
            "when":"1970-01-01T00:16:40.000Z"}
            """#
        #expect(try body(text, fullEvent()) == expected)
    }

    @Test func writesNullForWhatTheEventLacks() throws {
        let text =
            #"{ "a": { "pick": "money.paid.amount" }, "b": { "pick": "money.paid" }, "c": { "pick": "detail" } }"#
        #expect(try body(text, sampleEvent()) == #"{"a":null,"b":null,"c":null}"#)
    }

    @Test func isTheSameBytesEveryTimeAndAlwaysJSON() throws {
        var maker = FilterMaker(random: SplitMix64())
        let fields = EventMember.table.map { EventShape.Field($0.path, .pick($0)) }
        let shape = EventShape(fields: fields)
        for _ in 0..<200 {
            let event = maker.event()
            let body = shape.render(event)
            #expect(body == shape.render(event), "seed \(maker.random.seed)")
            let object = try #require(try JSONReader.read(body).object, "seed \(maker.random.seed)")
            #expect(object.members.map(\.name) == fields.map(\.name))
        }
    }

    // MARK: problems

    @Test(arguments: rules)
    func namesFieldRuleAndRemedy(text: String, expected: [String]) throws {
        #expect(try Self.read(text).lines == expected)
    }

    private static let rules: [(String, [String])] = [
        (#""x""#, [#"error: $.s: must be an object such as { "id": { "pick": "event_id" } }, not text"#]),
        ("{}", ["error: $.s: must have at least one member"]),
        (#"{ "a": {} }"#, ["error: $.s.a: must have at least one member"]),
        (
            #"{ "id": "event_id" }"#,
            [#"error: $.s.id: must be an object; to copy the event's member, write { "pick": "event_id" }"#]
        ),
        (
            #"{ "id": "abc", "n": 5, "z": null }"#,
            [
                #"error: $.s.id: must be an object, { "pick": MEMBER } or { "constant": VALUE }, not text"#,
                #"error: $.s.n: must be an object, { "pick": MEMBER } or { "constant": VALUE }, not a number"#,
                #"error: $.s.z: must be an object, { "pick": MEMBER } or { "constant": VALUE }, not null"#,
            ]
        ),
        (#"{ "a": [] }"#, ["error: $.s.a: must be an object; lists cannot be made, only picked"]),
        (
            #"{ "pick": "event_id" }"#,
            [#"error: $.s.pick: is no name for a member of the body; give a name before it, such as "id""#]
        ),
        (
            #"{ "a": { "pick": "evnt_id" } }"#,
            [#"error: $.s.a.pick: "evnt_id" is not a member of an event; did you mean "event_id"?"#]
        ),
        (
            #"{ "a": { "b": { "pick": "raw" } } }"#,
            [
                "error: $.s.a.b.pick: the raw callback can be neither compared nor picked; an endpoint without a shape "
                    + #"gets it with "includeRaw""#
            ]
        ),
        (
            #"{ "a": { "pick": ["shop"] } }"#,
            [#"error: $.s.a.pick: must be the name of a member as text, such as "event_id", not a list"#]
        ),
        (
            #"{ "a": { "pick": "shop", "default": "x" }, "b": { "pick": "shop", "constant": 1 } }"#,
            [
                #"error: $.s.a.default: does not go with "pick"; remove one of them"#,
                #"error: $.s.b.constant: does not go with "pick"; remove one of them"#,
            ]
        ),
        (
            #"{ "a": { "constant": [1] }, "b": { "constant": { "x": 1 } } }"#,
            [
                "error: $.s.a.constant: must be text, a number, true, false or null, not a list",
                "error: $.s.b.constant: must be text, a number, true, false or null; write the object's members instead",
            ]
        ),
        (#"{ "": { "pick": "shop" } }"#, ["error: $.s.: must have a name of 1 to 128 bytes"]),
    ]

    // MARK: bounds

    private func nested(_ depth: Int) -> String {
        String(repeating: #"{ "a": "#, count: depth) + #"{ "pick": "shop" }"# + String(repeating: " }", count: depth)
    }

    @Test func boundsDepth() throws {
        #expect(try Self.read(nested(8)).lines == [])
        let path = "$.s" + String(repeating: ".a", count: 8)
        let expected = "error: \(path): is nested more than 8 deep; take objects out of each other"
        #expect(try Self.read(nested(9)).lines == [expected])
        #expect(try Self.read(nested(90)).lines == [expected])
    }

    @Test func boundsTheNumberOfMembers() throws {
        func shape(_ count: Int) -> String {
            "{ \((1...count).map { #""m\#($0)": { "pick": "shop" }"# }.joined(separator: ",")) }"
        }
        #expect(try Self.read(shape(200)).lines == [])
        let expected = "error: $.s.m201: is one member too many; a shape has at most 200"
        #expect(try Self.read(shape(210)).lines == [expected])
    }

    @Test func boundsNamesAndConstants() throws {
        func shape(_ name: Int, _ constant: Int) -> String {
            let text = String(repeating: "c", count: constant)
            return "{ \"\(String(repeating: "n", count: name))\": { \"constant\": \"\(text)\" } }"
        }
        #expect(try Self.read(shape(128, 4096)).lines == [])
        let name = String(repeating: "n", count: 129)
        #expect(try Self.read(shape(129, 1)).lines == ["error: $.s.\(name): must have a name of 1 to 128 bytes"])
        #expect(try Self.read(shape(1, 4097)).lines == ["error: $.s.n.constant: must have at most 4096 bytes"])
    }
}
