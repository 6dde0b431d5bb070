// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EndpointTests {
    @Test(
        arguments: [
            (["*"], ["*"], true), (["nordic"], ["payment.*"], true), (["tashkent"], ["payment.*"], false),
            (["nordic", "tashkent"], ["payout.*", "payment.paid"], true), ([], ["*"], false), (["*"], [], false),
            (["*"], ["payout.*"], false), (["Nordic"], ["*"], false),
        ] as [([String], [String], Bool)]
    )
    func wants(shops: [String], events: [String], expected: Bool) {
        let endpoint = Endpoint(
            id: EndpointID("ledger"),
            url: "https://ledger.example",
            shops: Set(shops),
            events: events.compactMap(EventPattern.init),
            secrets: []
        )
        #expect(endpoint.wants(.paymentPaid, of: "nordic") == expected)
    }
}

@Suite struct AttemptOutcomeTests {
    @Test(arguments: [
        (200, "delivered", true), (204, "delivered", true), (299, "delivered", true), (199, "http_1xx", false),
        (300, "http_3xx", false), (301, "http_3xx", false), (410, "http_4xx", false), (429, "http_4xx", false),
        (503, "http_5xx", false), (999, "http_9xx", false), (0, "http_0xx", false),
    ])
    func labelsAnswers(status: Int, label: String, isSuccess: Bool) {
        let outcome = AttemptOutcome.answered(status: status)
        #expect(outcome.label == label)
        #expect(outcome.isSuccess == isSuccess)
    }

    @Test func labelsNetworkFailures() {
        #expect(
            NetworkFailure.allCases.map { AttemptOutcome.failed($0).label } == [
                "dns", "connect", "tls", "timeout", "reset", "too-large", "blocked", "proxy", "other",
            ]
        )
        #expect(NetworkFailure.allCases.allSatisfy { !AttemptOutcome.failed($0).isSuccess })
    }
}
