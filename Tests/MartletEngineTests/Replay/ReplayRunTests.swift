// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// At which pace a replay goes, and whose turn it is.
struct ReplayRunTests {
    private static let (first, second) = (EndpointID("a"), EndpointID("b"))

    private func stored(
        _ state: ReplayState = .running,
        rate: Double = 100,
        left: [EndpointID: Int] = [first: 1000, second: 1000],
        made: Int = 0
    ) -> StoredReplay {
        StoredReplay(
            id: ReplayID(number: 1),
            state: state,
            replay: NewReplay(
                selection: ReplaySelection(),
                ratePerSecond: rate,
                reason: "test",
                createdBy: "ops",
                createdAt: Samples.now
            ),
            changedAt: Samples.now,
            finishedAt: nil,
            parts: left.sorted { $0.key < $1.key }
                .map { StoredReplay.Part(endpoint: $0.key, counts: ReplayCounts(total: $0.value + made, made: made)) }
        )
    }

    @Test(arguments: [0.1, 1, 7, 50, 100, 333, 1000])
    func keepsItsRateOverTime(rate: Double) throws {
        var run = try #require(ReplayRun(stored(rate: rate), at: Samples.now))
        var made = 0
        let end = Samples.now + .seconds(60)
        while run.dueAt < end {
            let now = run.dueAt
            for endpoint in run.endpointsInTurn {
                let share = min(100, run.share(at: now))
                made += share
                run.took(ReplayProgress(made: share, left: 1), for: endpoint, at: now)
            }
            run.plan(at: now, pause: .milliseconds(100))
            #expect(run.dueAt > now)
        }
        #expect(Double(made) <= 60 * rate + max(1, rate / 5) + 1)
        #expect(Double(made) >= 60 * rate * 0.9 - 1)
    }

    /// A gateway that restarts all the time makes no more than one that runs.
    @Test(arguments: [0.1, 1, 7, 100, 1000])
    func keepsItsRateThroughRestarts(rate: Double) throws {
        var (now, made) = (Samples.now, 0)
        let end = Samples.now + .seconds(60)
        while now < end {
            var run = try #require(ReplayRun(stored(rate: rate, made: made + 1), at: now))
            now = run.dueAt
            #expect(now > Samples.now)
            for endpoint in run.endpointsInTurn {
                let share = min(100, run.share(at: now))
                made += share
                run.took(ReplayProgress(made: share, left: 1), for: endpoint, at: now)
            }
        }
        #expect(Double(made) <= 60 * rate + max(1, rate / 5) + 1)
    }

    @Test func givesEachEndpointItsPartAndTheFirstTurnInTurn() throws {
        var run = try #require(ReplayRun(stored(), at: Samples.now))
        #expect(run.share(at: Samples.now) == 10, "a fifth of a second's worth, for two")
        #expect(run.endpointsInTurn == [Self.first, Self.second])
        run.plan(at: Samples.now, pause: .milliseconds(100))
        #expect(run.endpointsInTurn == [Self.second, Self.first])
        run.took(ReplayProgress(made: 1, left: 0), for: Self.second, at: Samples.now)
        #expect(run.endpointsInTurn == [Self.first])
        run.took(ReplayProgress(unneeded: 1, left: 0), for: Self.first, at: Samples.now)
        #expect(run.isMade)
        run.plan(at: Samples.now, pause: .seconds(1))
        #expect(run.dueAt == Samples.now, "whether it has ended is looked at without a pause")
    }

    @Test func takesUpOnlyWhatIsToBeDone() throws {
        #expect(ReplayRun(stored(.paused), at: Samples.now) == nil)
        #expect(try #require(ReplayRun(stored(.paused, left: [Self.first: 0]), at: Samples.now)).isMade)
        let cancelled = try #require(ReplayRun(stored(.cancelled), at: Samples.now))
        #expect(cancelled.isMade && cancelled.isCancelled)
        #expect(
            try #require(ReplayRun(stored(left: [Self.first: 1, Self.second: 0]), at: Samples.now))
                .endpointsInTurn == [Self.first]
        )
    }

    @Test func selectionsAreReadAsTheyWereWritten() {
        let whole = ReplaySelection(
            states: [.dead, .delivered],
            endpoint: Self.first,
            provider: "cryptomus",
            source: "cryptomus/main",
            type: "payment.paid",
            shop: "nordic",
            order: "NO-\"1\"",
            since: Samples.now,
            until: Samples.now + .seconds(1),
            shops: ["nordic", "tashkent"],
            targets: [Self.second, Self.first]
        )
        let event = ReplaySelection(states: ReplaySelection.allStates, event: Samples.eventID(1))
        let missing = ReplaySelection(states: [], includesMissing: true, endpoint: Self.first, since: Samples.now)
        for selection in [whole, event, missing, ReplaySelection(), ReplaySelection(shops: [])] {
            #expect(ReplaySelection(json: selection.json) == selection)
        }
        #expect(ReplaySelection(json: Array("[]".utf8)) == nil)
    }
}
