// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct LanePropertyTests {
    @Test func losesNothingAndStormsNothingWhateverHappens() {
        let seed = UInt64.random(in: .min ... .max)
        for run in 0..<400 {
            var model = LaneModel(random: SplitMix64(seed: seed &+ UInt64(run)))
            // Some endpoints are well, some are not, and some change their mind.
            var failing = Int.random(in: 0...10, using: &model.random)
            for _ in 0..<400 {
                if model.random.chance(60) { failing = .random(in: 0...10, using: &model.random) }
                step(&model, failing: failing)
            }
            drain(&model)
            #expect(model.store.isEmpty, "a delivery was forgotten, seed \(model.seed)")
            #expect(model.delivered.count == Int(model.lastNumber), "seed \(model.seed)")
            #expect(model.lane.waiting == 0 && model.lane.inFlight == 0 && model.places == 0, "seed \(model.seed)")
        }
    }

    private func step(_ model: inout LaneModel, failing: Int) {
        switch Int.random(in: 0..<40, using: &model.random) {
        case 0..<9: model.newEvent()
        case 9..<14: model.announce()
        case 14..<18: model.storeLooks()
        case 18..<22: model.claimArrives()
        case 22: model.claimFails()
        case 23..<31: endAttempt(&model, failing: failing)
        case 31..<34: model.advance(by: .milliseconds(.random(in: 0...900, using: &model.random)))
        case 34: model.advance(by: .seconds(.random(in: 1...100, using: &model.random)))
        case 35:
            guard model.random.chance(4) else { return model.feed(.nudged) }
            // A suspended machine: hours pass at once.
            model.advance(by: .seconds(.random(in: 1...100_000, using: &model.random)))
        case 36:
            model.slots = model.random.chance(2) ? .max : .random(in: 0...2, using: &model.random)
            model.feed(.clockAdvanced)
        case 37: model.feed(model.random.chance(2) ? .enabledByOperator : .disabledByOperator)
        case 38: model.configure(isEnabled: !model.random.chance(3))
        default:
            guard model.random.chance(3) else { return }
            model.restart(clockMovedBy: .seconds(.random(in: -100_000...100_000, using: &model.random)))
        }
    }

    private func endAttempt(_ model: inout LaneModel, failing: Int) {
        guard Int.random(in: 0..<10, using: &model.random) < failing else {
            return model.endAttempt(.answered(status: 200))
        }
        let statuses = [302, 400, 404, 410, 429, 429, 500, 500, 502, 503]
        if model.random.chance(2), let failure = NetworkFailure.allCases.randomElement(using: &model.random) {
            return model.endAttempt(.failed(failure))
        }
        let asked: Duration? =
            model.random.chance(2) ? .seconds(.random(in: 0...100_000, using: &model.random)) : nil
        model.endAttempt(.answered(status: statuses.randomElement(using: &model.random) ?? 500), retryAfter: asked)
    }

    /// Lets everything under way arrive, and time pass only as far as the lane asked to be woken.
    private func drain(_ model: inout LaneModel) {
        model.slots = .max
        model.configure(isEnabled: true)
        model.feed(.enabledByOperator)
        for _ in 0..<20_000 {
            if !model.announcements.isEmpty {
                model.announce()
            } else if model.isClaiming {
                model.storeLooks()
                model.claimArrives()
            } else if !model.sending.isEmpty {
                model.endAttempt(.answered(status: 200))
            } else if let wakeAt = model.lane.wakeAt {
                model.advance(by: max(.zero, wakeAt - model.now))
            } else {
                return
            }
        }
        Issue.record("the lane never comes to rest, seed \(model.seed)")
    }

    @Test func movesALongBacklogInLinearTime() {
        var lane = Lane.sample(maxInFlight: 1, capacity: 200_000)
        let batch = ClaimedBatch(deliveries: (0..<100_000).map { delivery($0) }, nextDue: nil)
        var actions = lane.handle(.claimed(batch), at: .noon)
        var count: Int64 = 0
        while case .send(let next)? = actions.first {
            #expect(next.id.number == count)
            actions = lane.handle(ended(count), at: .noon)
            count += 1
        }
        #expect(count == 100_000)
    }
}
