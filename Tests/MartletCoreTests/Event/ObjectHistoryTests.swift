// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

/// Rule 9 of providers.md section 1.
@Suite struct ObjectHistoryTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    @Test func admitsAnythingAfterAProvisionalEvent() {
        var history = ObjectHistory()
        #expect(history.admit(sampleEvent(type: .paymentFailed, finality: .provisional)).isEmpty)
        #expect(history.admit(sampleEvent(type: .paymentPending)).isEmpty)
        #expect(history.admit(sampleEvent(type: .paymentPaid, finality: .final)).isEmpty)
        #expect(history.isFinal)
    }

    @Test(arguments: EventType.all)
    func admitsOnlyRefundsAfterAFinalEvent(type: EventType) {
        var history = ObjectHistory(isFinal: true)
        let before = history
        let flags = history.admit(sampleEvent(type: type, finality: .final, status: "new"))
        #expect(flags == (type.isRefund ? [] : [.outOfOrder]))
        if !type.isRefund { #expect(history == before) }
    }

    @Test func staysFinalAfterARefundThatIsNot() {
        var history = ObjectHistory(isFinal: true)
        #expect(history.admit(sampleEvent(type: .paymentRefundPending, finality: .none)).isEmpty)
        #expect(history.admit(sampleEvent(type: .paymentPending)) == [.outOfOrder])
    }

    @Test func holdsBackWhatIsOlderThanTheNewestAdmitted() {
        var history = ObjectHistory()
        #expect(history.admit(sampleEvent(status: "b", occurredAt: at(20))).isEmpty)
        let before = history
        #expect(history.admit(sampleEvent(status: "a", occurredAt: at(10))) == [.outOfOrder])
        #expect(history == before)
        #expect(history.admit(sampleEvent(status: "c", occurredAt: at(20))).isEmpty)
        #expect(history.admit(sampleEvent(status: "d")).isEmpty)
        #expect(history.newestOccurredAt == at(20))
    }

    @Test(arguments: ["polled", "fetched"])
    func flagsTheNotificationOfAPolledChangeOnce(method: String) {
        var history = ObjectHistory()
        #expect(history.admit(sampleEvent(finality: .final, status: "done", method: method)).isEmpty)
        #expect(history.polledStatuses == ["done"])
        #expect(history.admit(sampleEvent(finality: .final, status: "done", occurredAt: at(1))) == [.alreadyKnown])
        #expect(history.polledStatuses.isEmpty)
        #expect(history.admit(sampleEvent(finality: .final, status: "done", occurredAt: at(2))) == [.outOfOrder])
    }

    @Test func takesTheEndForNewsAlthoughAPollToldTheStatusBefore() {
        var history = ObjectHistory()
        #expect(history.admit(sampleEvent(finality: .provisional, status: "paid", method: "fetched")).isEmpty)
        #expect(history.admit(sampleEvent(finality: .final, status: "paid")).isEmpty)
        #expect(history.isFinal)
        #expect(history.admit(sampleEvent(finality: .provisional, status: "paid")) == [.alreadyKnown])
    }

    @Test func takesAStatusThatReturnsForANewChange() {
        var history = ObjectHistory()
        #expect(history.admit(sampleEvent(status: "inProgress", method: "polled")).isEmpty)
        #expect(history.admit(sampleEvent(status: "hold", occurredAt: at(20))).isEmpty)
        // The polled change's own notification, late.
        #expect(history.admit(sampleEvent(status: "inProgress", occurredAt: at(10))) == [.outOfOrder])
        #expect(history.admit(sampleEvent(status: "inProgress", occurredAt: at(30))).isEmpty)
    }

    @Test func keepsABoundedListOfPolledStatuses() {
        var history = ObjectHistory()
        for number in 0..<1000 { _ = history.admit(sampleEvent(status: "s\(number)", method: "polled")) }
        #expect(history.polledStatuses.count == 16)
    }

    @Test func heldBackEventsLeaveNoTraceAndFinalIsForGood() {
        var random = SplitMix64()
        for _ in 0..<300 {
            var history = ObjectHistory()
            var wasFinal = false
            for _ in 0..<40 {
                let event = sampleEvent(
                    type: EventType.all.randomElement(using: &random) ?? .paymentPaid,
                    finality: Finality.allCases.randomElement(using: &random) ?? .none,
                    status: ["a", "b", "c", nil].randomElement(using: &random) ?? nil,
                    occurredAt: Bool.random(using: &random) ? nil : at(.random(in: 0...20, using: &random)),
                    method: ["polled", "md5-base64-json"].randomElement(using: &random) ?? "polled"
                )
                let before = history
                let flags = history.admit(event)
                #expect(flags.count <= 1)
                if flags.isEmpty {
                    #expect(!wasFinal || event.type.isRefund, "seed \(random.seed)")
                    if let occurred = event.occurredAt, let newest = before.newestOccurredAt {
                        #expect(occurred >= newest, "seed \(random.seed)")
                    }
                    wasFinal = wasFinal || event.finality == .final
                } else {
                    var expected = before
                    expected.polledStatuses = history.polledStatuses
                    #expect(flags[0].withholdsDelivery && history == expected, "seed \(random.seed)")
                    let noted = before.polledStatuses.count - history.polledStatuses.count
                    #expect(noted == (flags == [.alreadyKnown] ? 1 : 0), "seed \(random.seed)")
                }
                #expect(history.isFinal == wasFinal, "seed \(random.seed)")
            }
        }
    }
}
