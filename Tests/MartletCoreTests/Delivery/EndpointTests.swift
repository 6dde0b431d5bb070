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
        #expect(endpoint.wants(sampleEvent()) == expected)
    }

    @Test(arguments: [("nordic", "paid", true), ("nordic", "paid_over", false), ("tashkent", "paid", false)])
    func wantsOnlyWhatPassesTheFilterToo(shop: String, status: String, expected: Bool) throws {
        let member = try #require(EventMember.named("provider_status"))
        let endpoint = Endpoint(
            id: EndpointID("ledger"),
            url: "https://ledger.example",
            shops: [shop],
            events: [try #require(EventPattern("*"))],
            secrets: [],
            filter: .condition(member, .equals(.text(status)))
        )
        #expect(endpoint.wants(sampleEvent()) == expected)
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

    @Test(arguments: [
        (200, false, false, false), (302, false, false, false), (400, false, false, true), (401, false, false, true),
        (404, false, false, true), (408, false, false, false), (410, false, true, false), (422, false, false, true),
        (425, false, false, false), (429, true, false, false), (500, false, false, false), (502, true, false, false),
        (503, true, false, false), (504, true, false, false), (599, false, false, false),
    ])
    func knowsWhatAnAnswerAsksFor(status: Int, slowsDown: Bool, isGone: Bool, isRejection: Bool) {
        let outcome = AttemptOutcome.answered(status: status)
        #expect(outcome.slowsDown == slowsDown)
        #expect(outcome.isGone == isGone)
        #expect(outcome.isRejection == isRejection)
        #expect(outcome.isEndpointsFault)
    }

    @Test func knowsWhatANetworkFailureSays() {
        for failure in NetworkFailure.allCases {
            #expect(AttemptOutcome.failed(failure).slowsDown == (failure == .timeout))
            #expect(AttemptOutcome.failed(failure).isEndpointsFault == (failure != .proxy))
            #expect(!AttemptOutcome.failed(failure).isRejection)
        }
    }
}
