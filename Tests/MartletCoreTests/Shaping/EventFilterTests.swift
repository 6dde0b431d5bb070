// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

/// What each operator says of one event.
@Suite struct EventFilterTests {
    private func matches(_ text: String, _ event: Event) throws -> Bool {
        let problems = SettingsProblems()
        let filter = EventFilter.read(try JSONReader.read(Array(text.utf8)), at: "$.filter", into: problems)
        #expect(problems.all == [])
        return try #require(filter).matches(event)
    }

    @Test(arguments: [
        (#""equals": "PAID""#, true), (#""equals": "paid""#, false), (#""equals": "PAI""#, false),
        (#""in": ["x", "PAID"]"#, true), (#""in": ["x"]"#, false), (#""exists": true"#, true),
        (#""exists": false"#, false), (#""equals": "PAID", "in": ["PAID"]"#, true),
        (#""equals": "PAID", "in": ["x"]"#, false),
    ])
    func comparesText(test: String, expected: Bool) throws {
        #expect(try matches(#"{ "member": "provider_status", \#(test) }"#, fullEvent()) == expected)
    }

    /// `money.paid.amount` is 100.
    @Test(arguments: [
        (#""equals": "100""#, true), (#""equals": 100"#, true), (#""equals": "1e2""#, true),
        (#""equals": 100.00"#, true),
        (#""equals": "100.0000000000000000000000000001""#, false), (#""in": [1, "100"]"#, true), (#""in": [1]"#, false),
        (#""greater": "99.99""#, true), (#""greater": 100"#, false), (#""greater": "9""#, true),
        (#""greaterOrEqual": "100""#, true), (#""greaterOrEqual": "100.1""#, false), (#""less": "100""#, false),
        (#""less": "1000""#, true), (#""less": "11""#, false), (#""lessOrEqual": "100""#, true),
        (#""lessOrEqual": "99.9""#, false), (#""greater": "-100""#, true), (#""exists": true"#, true),
        (#""greater": "50", "lessOrEqual": "100""#, true), (#""greater": "50", "less": "100""#, false),
    ])
    func comparesNumbersByValue(test: String, expected: Bool) throws {
        #expect(try matches(#"{ "member": "money.paid.amount", \#(test) }"#, fullEvent()) == expected)
    }

    /// `received_at` is 2026-11-21T19:11:00.123Z.
    @Test(arguments: [
        (#""equals": "2026-11-21T19:11:00.123Z""#, true), (#""equals": "2026-11-21T20:11:00.123+01:00""#, true),
        (#""greater": "2026-11-21T19:11:00Z""#, true), (#""greater": "2026-11-21T19:11:00.123Z""#, false),
        (#""greater": "2026-11-21T20:00:00+01:00""#, true), (#""less": "2026-11-22T00:00:00+05:00""#, false),
        (#""lessOrEqual": "2026-11-21T19:11:00.123Z""#, true), (#""greaterOrEqual": "2027-01-01T00:00:00Z""#, false),
        (#""in": ["2026-11-21T19:11:00.123Z"]"#, true),
    ])
    func comparesMoments(test: String, expected: Bool) throws {
        #expect(try matches(#"{ "member": "received_at", \#(test) }"#, fullEvent()) == expected)
    }

    @Test(arguments: [
        (#""member": "flags", "contains": "test""#, true), (#""member": "flags", "contains": "already_known""#, false),
        (#""member": "verification.uncovered_fields", "contains": "a""#, true),
        (#""member": "money.paid", "exists": true"#, true), (#""member": "money.paid", "exists": false"#, false),
        (#""member": "provider_refs.merchantId", "equals": "4711""#, true),
        (#""member": "provider_refs.userId", "exists": false"#, true),
    ])
    func asksListsAndObjects(condition: String, expected: Bool) throws {
        #expect(try matches("{ \(condition) }", fullEvent()) == expected)
    }

    @Test(arguments: [
        ("money.paid.amount", #""equals": "0""#), ("money.paid.amount", #""less": "1""#),
        ("money.paid.amount", #""greaterOrEqual": "-1""#), ("occurred_at", #""less": "9999-01-01T00:00:00Z""#),
        ("detail", #""equals": """#), ("detail", #""in": ["null"]"#), ("detail", #""exists": true"#),
        ("provider_refs.merchantId", #""equals": "4711""#),
    ])
    func everyComparisonOfAMissingMemberIsFalse(member: String, test: String) throws {
        let condition = #"{ "member": "\#(member)", \#(test) }"#
        #expect(try !matches(condition, sampleEvent(status: nil)))
        #expect(try matches(#"{ "not": \#(condition) }"#, sampleEvent(status: nil)))
    }

    @Test func textIsComparedByteForByte() throws {
        let event = sampleEvent(status: "caf\u{E9}")
        #expect(try matches(#"{ "member": "provider_status", "equals": "caf\u00e9" }"#, event))
        #expect(try !matches(#"{ "member": "provider_status", "equals": "cafe\u0301" }"#, event))
    }

    /// `yes` holds for the event, `no` does not.
    @Test(arguments: [
        (#"{ "all": [yes, yes] }"#, true), (#"{ "all": [yes, no] }"#, false), (#"{ "all": [no, no] }"#, false),
        (#"{ "all": [yes] }"#, true), (#"{ "any": [yes, no] }"#, true), (#"{ "any": [no, no] }"#, false),
        (#"{ "any": [yes, yes] }"#, true), (#"{ "any": [no] }"#, false), (#"{ "not": yes }"#, false),
        (#"{ "not": no }"#, true), (#"{ "not": { "not": yes } }"#, true),
        (#"{ "all": [{ "any": [no, yes] }, { "not": { "all": [yes, no] } }] }"#, true),
        (#"{ "any": [{ "all": [yes, no] }, { "not": yes }] }"#, false),
    ])
    func combinesConditions(text: String, expected: Bool) throws {
        let full = text.replacing("yes", with: #"{ "member": "shop", "equals": "nordic" }"#)
            .replacing("no,", with: #"{ "member": "shop", "equals": "x" },"#)
            .replacing("no]", with: #"{ "member": "shop", "equals": "x" }]"#)
            .replacing("no }", with: #"{ "member": "shop", "equals": "x" } }"#)
        #expect(try matches(full, fullEvent()) == expected)
    }
}
