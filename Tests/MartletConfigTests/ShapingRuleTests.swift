// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

/// The members `filter` and `shape` of an endpoint; what stands inside them is tested with the core.
struct ShapingRuleTests {
    @Test(arguments: rules)
    func namesFieldRuleAndRemedy(_ rule: ValidationRule) {
        #expect(rule.configuration.load().problems.lines == rule.expected)
    }

    private static let rules = [
        ValidationRule("null is the same as leaving out", endpoint: #""filter": null, "shape": null"#),
        ValidationRule(
            "the path goes down to the operator",
            endpoint: #"""
                "filter": { "all": [ { "member": "shop", "equals": "nordic" }, { "member": "shop", "greater": "1" } ] }
                """#,
            #"error: $.endpoints[0].filter.all[1].greater: does not go with "shop", which is text; use "equals" or "in""#
        ),
        ValidationRule(
            "the path goes down to the picked member",
            endpoint: #""shape": { "order": { "number": { "pick": "merchant_order" } } }"#,
            #"error: $.endpoints[0].shape.order.number.pick: "merchant_order" is not a member of an event; "#
                + #"did you mean "merchant_order_id"?"#
        ),
        ValidationRule(
            "a warning leaves the configuration valid",
            endpoint: #""filter": { "member": "type", "equals": "payment.payed" }"#,
            #"warning: $.endpoints[0].filter.equals: is no known "type"; did you mean "payment.paid"?"#
        ),
        ValidationRule(
            "a shaped body has no place for the raw callback",
            endpoint: #""includeRaw": true, "shape": { "id": { "pick": "event_id" } }"#,
            #"error: $.endpoints[0].shape: does not go with "includeRaw": a shaped body has no place for it; "#
                + "remove one of them"
        ),
    ]

    @Test func giveTheEndpointItsFilterAndShape() throws {
        let members = #"""
            "filter": { "member": "merchant_order_id", "exists": true },
            "shape": { "order": { "pick": "merchant_order_id" }, "kind": { "constant": "payment" } }
            """#
        let (configuration, problems) = ConfigurationText.endpoint(members).load()
        #expect(problems.lines == [])
        let endpoint = try #require(configuration?.endpoints.first)
        let order = try #require(EventMember.named("merchant_order_id"))
        #expect(endpoint.filter == .condition(order, .exists(true)))
        let fields = [
            EventShape.Field("order", .pick(order)), EventShape.Field("kind", .constant(.text("payment"))),
        ]
        #expect(endpoint.shape == EventShape(fields: fields))
    }
}
