// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct LanePropertyTests {
    @Test func sendsEverythingExactlyOnceWhateverTheOrderOfEvents() {
        let seed = UInt64.random(in: .min ... .max)
        for run in 0..<400 {
            var model = LaneModel(random: SplitMix64(seed: seed &+ UInt64(run)))
            for _ in 0..<300 { step(&model) }
            drain(&model)
            #expect(model.pending.isEmpty, "a due delivery was forgotten, seed \(model.random.seed)")
            #expect(model.lane.waiting == 0 && model.lane.inFlight == 0, "seed \(model.random.seed)")
            #expect(model.sent == model.expected.count, "seed \(model.random.seed)")
            #expect(model.occupied == 0, "seed \(model.random.seed)")
            let keys = model.expected.map { "\($0.id)/\($0.attempts)" }
            #expect(Set(keys).count == keys.count, "an attempt was made twice, seed \(model.random.seed)")
            #expect(Set(model.expected.map(\.id)).count == Int(model.lastNumber), "seed \(model.random.seed)")
        }
    }

    private func step(_ model: inout LaneModel) {
        switch Int.random(in: 0..<20, using: &model.random) {
        case 0..<4: model.handOver()
        case 4..<6: model.commitPending()
        case 6..<9: model.announce()
        case 9..<11: model.storeLooks()
        case 11..<13: model.claimArrives()
        case 13: model.claimFails()
        case 14..<17: model.endAttempt(fails: Int.random(in: 0..<4, using: &model.random) == 0)
        case 17..<19: model.advance(by: .milliseconds(.random(in: 0...40, using: &model.random)))
        default: model.setPaused(Int.random(in: 0..<3, using: &model.random) == 0)
        }
    }

    /// Lets everything under way arrive, and time pass only as far as the lane asked to be woken.
    private func drain(_ model: inout LaneModel) {
        model.setPaused(false)
        for _ in 0..<20_000 {
            if !model.announcements.isEmpty {
                model.announce()
            } else if model.isClaiming {
                model.storeLooks()
                model.claimArrives()
            } else if !model.sending.isEmpty {
                model.endAttempt(fails: false)
            } else if let wakeAt = model.lane.wakeAt {
                model.advance(by: max(.zero, wakeAt - model.now))
            } else {
                return
            }
        }
        Issue.record("the lane never comes to rest, seed \(model.random.seed)")
    }

    @Test func movesALongBacklogInLinearTime() {
        var lane = Lane(maxInFlight: 1, capacity: 200_000)
        func delivery(_ number: Int) -> ClaimedDelivery {
            ClaimedDelivery(
                id: DeliveryID(number: Int64(number)),
                eventID: EventID(rawValue: "evt_"),
                endpoint: EndpointID("a"),
                attempts: 0,
                envelope: []
            )
        }
        let batch = ClaimedBatch(deliveries: (0..<100_000).map(delivery), nextDue: nil)
        var actions = lane.handle(.claimed(batch), at: .noon)
        var count = 0
        while case .send(let next)? = actions.first {
            #expect(next.id.number == Int64(count))
            count += 1
            actions = lane.handle(.attemptEnded, at: .noon)
        }
        #expect(count == 100_000)
    }
}
