// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

/// Every problem of a filter, with its path and its words.
@Suite struct FilterRuleTests {
    private static func lines(_ text: String) throws -> [String] {
        let problems = SettingsProblems()
        let filter = EventFilter.read(try JSONReader.read(Array(text.utf8), maxDepth: 99), at: "$.f", into: problems)
        #expect((filter == nil) == problems.hasErrors)
        return problems.all.map(\.description)
    }

    @Test(arguments: forms + members)
    func namesFormAndMember(text: String, expected: [String]) throws {
        #expect(try Self.lines(text) == expected)
    }

    @Test(arguments: operators + operands)
    func namesOperatorAndOperand(text: String, expected: [String]) throws {
        #expect(try Self.lines(text) == expected)
    }

    private static let forms: [(String, [String])] = [
        (
            #"["shop"]"#,
            [#"error: $.f: must be a condition such as { "member": "shop", "equals": "nordic" }, not a list"#]
        ),
        ("{}", [#"error: $.f: needs "member" and an operator, or one of "all", "any" and "not""#]),
        (
            #"{ "equals": "x" }"#,
            [#"error: $.f: needs "member" and an operator, or one of "all", "any" and "not""#]
        ),
        (
            #"{ "all": null, "any": null }"#,
            [#"error: $.f: needs "member" and an operator, or one of "all", "any" and "not""#]
        ),
        (#"{ "al": [] }"#, [#"error: $.f.al: is not a known key; did you mean "all"?"#]),
        (
            #"{ "oneOfThese": [] }"#,
            [
                #"error: $.f.oneOfThese: is not a known key; known keys: "member", "all", "any", "not", "equals", "in", "#
                    + #""greater", "greaterOrEqual", "less", "lessOrEqual", "contains", "exists""#
            ]
        ),
        (
            #"{ "all": [{ "member": "shop", "equals": "x" }], "not": { "member": "shop", "equals": "y" } }"#,
            [#"error: $.f: has "all" and "not" together; give each a condition of its own, inside "all""#]
        ),
        (
            #"{ "any": [{ "member": "shop", "equals": "x" }], "equals": "x" }"#,
            [#"error: $.f.equals: goes with "member"; "any" stands alone in its condition"#]
        ),
        (#"{ "all": [] }"#, ["error: $.f.all: must be a list of at least one condition"]),
        (#"{ "any": {} }"#, ["error: $.f.any: must be a list of at least one condition"]),
        (
            #"{ "all": [{ "any": [{ "not": "x" }] }] }"#,
            [
                #"error: $.f.all[0].any[0].not: must be a condition such as { "member": "shop", "equals": "nordic" }, "#
                    + "not text"
            ]
        ),
    ]

    private static let members: [(String, [String])] = [
        (
            #"{ "member": 5, "equals": "x" }"#,
            [#"error: $.f.member: must be the name of a member as text, such as "shop""#]
        ),
        (#"{ "member": "shop" }"#, [#"error: $.f: asks nothing about "shop"; add "equals" or "in""#]),
        (
            #"{ "member": "detail" }"#,
            [#"error: $.f: asks nothing about "detail"; add "equals", "in" or "exists""#]
        ),
        (
            #"{ "member": "money" }"#,
            [
                #"error: $.f: "money" is an object that every event has; ask for a member of it, such as "#
                    + #""money.ordered.amount""#
            ]
        ),
        (
            #"{ "member": "shpo", "equals": "x" }"#,
            [#"error: $.f.member: "shpo" is not a member of an event; did you mean "shop"?"#]
        ),
        (
            #"{ "member": "data.shop", "equals": "x" }"#,
            [#"error: $.f.member: "data.shop" is not a member of an event; did you mean "shop"?"#]
        ),
        (
            #"{ "member": "$.data.money.paid.amount", "greater": "1" }"#,
            [
                #"error: $.f.member: "$.data.money.paid.amount" is not a member of an event; did you mean "#
                    + #""money.paid.amount"?"#
            ]
        ),
        (
            #"{ "member": "paid.currency", "equals": "EUR" }"#,
            [#"error: $.f.member: "paid.currency" is not a member of an event; did you mean "money.paid.currency"?"#]
        ),
        (
            #"{ "member": "customer.name", "equals": "x" }"#,
            [
                #"error: $.f.member: "customer.name" is not a member of an event; write it as in the body's "data", "#
                    + #"such as "shop" or "money.paid.amount""#
            ]
        ),
        (
            #"{ "member": "raw.body", "equals": "x" }"#,
            [
                "error: $.f.member: the raw callback can be neither compared nor picked; an endpoint without a shape "
                    + #"gets it with "includeRaw""#
            ]
        ),
        (
            #"{ "member": "shop", "equal": "x" }"#,
            [#"error: $.f.equal: is not a known key; did you mean "equals"?"#]
        ),
    ]

    private static let operators: [(String, [String])] = [
        (
            #"{ "member": "shop", "greater": "a" }"#,
            [#"error: $.f.greater: does not go with "shop", which is text; use "equals" or "in""#]
        ),
        (
            #"{ "member": "flags", "equals": "test" }"#,
            [#"error: $.f.equals: does not go with "flags", which is a list; use "contains""#]
        ),
        (
            #"{ "member": "provider_status", "contains": "paid" }"#,
            [
                #"error: $.f.contains: does not go with "provider_status", which is text; use "equals", "in" or "exists""#
            ]
        ),
        (
            #"{ "member": "money.paid", "greater": "1" }"#,
            [
                #"error: $.f.greater: does not go with "money.paid", which is an object; compare a member of it, "#
                    + #"such as "money.paid.amount", or use "exists""#
            ]
        ),
        (
            #"{ "member": "provider_refs", "contains": "a" }"#,
            [
                #"error: $.f.contains: "provider_refs" is an object that every event has; ask for a member of it, "#
                    + #"such as "provider_refs.NAME""#
            ]
        ),
        (
            #"{ "member": "shop", "exists": true }"#,
            [#"error: $.f.exists: every event has "shop"; remove the condition"#]
        ),
        (
            #"{ "member": "flags", "exists": true }"#,
            [#"error: $.f.exists: every event has "flags"; remove the condition, or use "contains""#]
        ),
    ]

    private static let operands: [(String, [String])] = [
        (#"{ "member": "shop", "equals": null }"#, ["error: $.f.equals: null is no value"]),
        (
            #"{ "member": "detail", "equals": null }"#,
            [#"error: $.f.equals: null is no value; to ask for a missing member, use "exists": false"#]
        ),
        (
            #"{ "member": "merchant_order_id", "in": ["a", 4711, true] }"#,
            [
                "error: $.f.in[1]: must be text, not a number; write it in quotes",
                "error: $.f.in[2]: must be text, not true or false",
            ]
        ),
        (#"{ "member": "shop", "in": "nordic" }"#, ["error: $.f.in: must be a list of 1 to 100 values"]),
        (#"{ "member": "shop", "in": [] }"#, ["error: $.f.in: must be a list of 1 to 100 values"]),
        (
            #"{ "member": "money.fee.amount", "less": "1,5" }"#,
            [#"error: $.f.less: must be a decimal number such as "100" or "0.005""#]
        ),
        (
            #"{ "member": "money.fee.amount", "less": true }"#,
            [#"error: $.f.less: must be a decimal number such as "100" or "0.005""#]
        ),
        (
            #"{ "member": "occurred_at", "greater": 1795288260 }"#,
            [#"error: $.f.greater: must be a moment such as "2026-11-21T19:11:00Z""#]
        ),
        (
            #"{ "member": "detail", "exists": "yes" }"#,
            ["error: $.f.exists: must be true or false, not text"]
        ),
        (
            #"{ "member": "finality", "equals": "finall" }"#,
            [#"error: $.f.equals: is never in "finality"; did you mean "final"?"#]
        ),
        (
            #"{ "member": "direction", "in": ["in", "sideways"] }"#,
            [#"error: $.f.in[1]: is never in "direction"; it has "in", "out""#]
        ),
        (
            #"{ "member": "flags", "contains": "tset" }"#,
            [#"error: $.f.contains: is never in "flags"; did you mean "test"?"#]
        ),
        (
            #"{ "member": "type", "in": ["payment.paid", "payment.payed", "endpoint.disabled", "payment.*", "zzzzzz"] }"#,
            [
                #"warning: $.f.in[1]: is no known "type"; did you mean "payment.paid"?"#,
                #"warning: $.f.in[3]: is no known "type"; patterns belong into the endpoint's "events""#,
                #"warning: $.f.in[4]: is no known "type""#,
            ]
        ),
    ]

    // MARK: bounds

    private func nested(_ depth: Int) -> String {
        String(repeating: #"{ "not": "#, count: depth - 1) + #"{ "member": "shop", "equals": "x" }"#
            + String(repeating: " }", count: depth - 1)
    }

    @Test func boundsDepth() throws {
        #expect(try Self.lines(nested(8)) == [])
        let path = "$.f" + String(repeating: ".not", count: 8)
        let expected = "error: \(path): is nested more than 8 deep; take conditions out of each other"
        #expect(try Self.lines(nested(9)) == [expected])
        #expect(try Self.lines(nested(90)) == [expected])
    }

    @Test func boundsTheNumberOfComparisons() throws {
        let condition = #"{ "member": "money.fee.amount", "greater": "1", "less": "2" }"#
        func filter(_ count: Int) -> String {
            "{ \"any\": [\(Array(repeating: condition, count: count).joined(separator: ","))] }"
        }
        #expect(try Self.lines(filter(50)) == [])
        let expected = "error: $.f.any[50].greater: is one comparison too many; a filter has at most 100"
        #expect(try Self.lines(filter(60)) == [expected])
    }

    @Test func boundsValuesAndTexts() throws {
        func filter(_ count: Int, _ length: Int) -> String {
            let texts = Array(repeating: "\"\(String(repeating: "x", count: length))\"", count: count)
            return "{ \"member\": \"shop\", \"in\": [\(texts.joined(separator: ","))] }"
        }
        #expect(try Self.lines(filter(100, 1024)) == [])
        #expect(try Self.lines(filter(101, 1)) == ["error: $.f.in: must be a list of 1 to 100 values"])
        #expect(try Self.lines(filter(1, 1025)) == ["error: $.f.in[0]: must have at most 1024 bytes"])
    }

    @Test func findsEveryProblemInOneGo() throws {
        let text = #"""
            { "all": [ { "member": "shpo", "equals": "x" }, { "any": [ { "member": "shop", "less": "x" }, {} ] },
                       { "not": { "member": "flags", "contains": 5 } } ] }
            """#
        #expect(
            try Self.lines(text) == [
                #"error: $.f.all[0].member: "shpo" is not a member of an event; did you mean "shop"?"#,
                #"error: $.f.all[1].any[0].less: does not go with "shop", which is text; use "equals" or "in""#,
                #"error: $.f.all[1].any[1]: needs "member" and an operator, or one of "all", "any" and "not""#,
                "error: $.f.all[2].not.contains: must be text, not a number; write it in quotes",
            ]
        )
    }
}
