// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletEngine

/// Watches from their registration to their end, on a real store with a manual clock.
@Suite(.timeLimit(.minutes(1))) struct WatcherTests {
    @Test func pollsOnScheduleAndDeliversWhatItLearns() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
        let provider = ScriptedWatch()
        let watcher = try await harness.watcher([provider])
        let id = try await harness.watch("A", watcher, provider)
        try await harness.eventually { harness.clock.nextDeadline == harness.clock.now() + .seconds(60) }
        #expect(provider.polled == ["A"], "nothing is asked before it is due")
        await harness.clock.advance(by: .seconds(59))
        #expect(provider.polled.count == 1)
        provider.answer { ScriptedWatch.paid($0, $1) }
        await harness.clock.advance(by: .seconds(1))
        try await harness.eventually { try await harness.deliveries("ledger").count == 1 }
        try await harness.eventually { try await harness.standing(id) == .closed }
        let detail = try #require(try await harness.store.watch(id))
        #expect(detail.polls.map(\.outcome) == ["paid", "unchanged"])
        #expect(detail.stored.shop == "tashkent")
        let event = try #require(try await harness.store.event(detail.polls[0].events[0]))
        #expect(event.event.shop == "tashkent")
        #expect(event.event.receivedAt == harness.clock.now())
        #expect(event.raw == Array(#"{"status":"paid"}"#.utf8))
        try await harness.eventually { !harness.transport.sent.isEmpty }
        // The callback that comes after all makes no second delivery.
        await harness.clock.advance(by: .seconds(3600))
        #expect(provider.polled.count == 2, "a closed watch is not polled")
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aFinalCallbackClosesTheWatch() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedWatch()
        let watcher = try await harness.watcher([provider])
        let id = try await harness.watch("INV-1", watcher, provider)
        try await harness.eventually { harness.clock.pendingTimers == 1 }
        await harness.receive(order: "INV-1")
        #expect(try await harness.standing(id) == .closed)
        await harness.clock.advance(by: .seconds(120))
        await watcher.stop(within: .seconds(1))
        #expect(provider.polled == ["INV-1"])
        try await harness.stop()
    }

    @Test func aSourceThatHangsHoldsUpNoOther() async throws {
        let harness = try await EngineHarness.start([])
        let (slow, quick) = (ScriptedWatch("slow"), ScriptedWatch("quick"))
        slow.hang()
        let watcher = try await harness.watcher([slow, quick], pollsAtOnce: 2)
        for number in 0..<20 { _ = try await harness.watch("S\(number)", watcher, slow) }
        try await harness.eventually { slow.polled.count == 2 }
        for number in 0..<20 { _ = try await harness.watch("Q\(number)", watcher, quick) }
        try await harness.eventually { Set(quick.polled).count == 20 }
        #expect(slow.polled.count == 2, "no more polls at once than are allowed")
        slow.release()
        try await harness.eventually { Set(slow.polled).count == 20 }
        #expect(slow.polled.count == 20 && quick.polled.count == 20, "each was asked once")
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test(arguments: ["A", "mute"]) func tellsAtTheDeadlineThatNothingFinalHasCome(_ subject: String) async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
        let provider = ScriptedWatch { watch, now in
            PollAnswer(memory: watch.memory, outcome: "timeout", next: .poll(at: now + .seconds(86_400)))
        }
        let watcher = try await harness.watcher([provider])
        let id = try await harness.watch(subject, watcher, provider)
        let deadline = harness.clock.now() + .seconds(3600)
        try await harness.eventually { harness.clock.nextDeadline == deadline }
        await harness.clock.advance(to: deadline)
        try await harness.eventually { try await harness.standing(id) == .overdue }
        #expect(provider.polled == (subject == "mute" ? [] : ["A", "A"]), "it is asked once more at the deadline")
        let event = try #require(try await harness.store.events(EventQuery(type: "watch.overdue")).first)
        #expect(event.source == provider.source && event.shop == "tashkent")
        #expect(event.merchantOrderID == "T-\(subject)")
        try await harness.eventually { harness.transport.sent.count == 1 }
        let body = try #require(try JSONReader.read(harness.transport.sent[0].body).object)
        #expect(body["type"]?.string == "watch.overdue")
        #expect(body["data"]?.object?["provider_refs"]?.object?["watch"]?.string == id.description)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aCrashBetweenPollAndRecordRepeatsThePoll() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
        let provider = ScriptedWatch { ScriptedWatch.paid($0, $1) }
        harness.faults.set(.recordPoll, to: true)
        let watcher = try await harness.watcher([provider])
        let id = try await harness.watch("A", watcher, provider)
        try await harness.eventually { harness.faults.hits(.recordPoll) == 1 }
        // While the store is in trouble the record is tried again, not the provider.
        try await harness.eventually { harness.clock.pendingTimers > 0 }
        await harness.clock.advance(by: .seconds(1))
        try await harness.eventually { harness.faults.hits(.recordPoll) == 2 }
        #expect(provider.polled == ["A"])
        await watcher.stop(within: .zero)
        await harness.dispatcher.stop(within: .zero)
        await harness.crash()

        let again = try await EngineHarness.start([EngineHarness.endpoint("ledger")], folder: harness.folder)
        let second = try await again.watcher([provider])
        try await again.eventually { try await again.standing(id) == .closed }
        #expect(provider.polled == ["A", "A"])
        #expect(try await again.deliveries("ledger").count == 1)
        await second.stop(within: .zero)
        try await again.stop()
    }

    @Test func aHintIsFollowedAtOnceAndAfterARestart() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedWatch()
        let hint = Samples.hint("900123", source: provider.source)
        try await harness.store.keep(hint)
        let watcher = try await harness.watcher([provider])
        try await harness.eventually { provider.polled == ["900123"] }
        var other = Samples.hint("900124", source: provider.source)
        try await harness.store.keep(other)
        watcher.hinted(other.hint)
        try await harness.eventually { provider.polled == ["900123", "900124"] }
        other.hint.receivedAt = other.hint.receivedAt + .seconds(5)
        provider.answer { ScriptedWatch.paid($0, $1) }
        watcher.hinted(other.hint)
        try await harness.eventually { provider.polled.count == 3 }
        try await harness.eventually { try await harness.store.events(EventQuery()).count == 1 }
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aHeldSourceIsNotAskedUntilSomebodyResumes() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedWatch { watch, _ in
            PollAnswer(memory: watch.memory, outcome: "fault_7", next: .holdSource(reason: "the wallet is broken"))
        }
        let watcher = try await harness.watcher([provider])
        let first = try await harness.watch("A", watcher, provider)
        try await harness.eventually { try await harness.standing(first) == .held }
        let second = try await harness.watch("B", watcher, provider)
        await harness.clock.advance(by: .seconds(1800))
        #expect(provider.polled == ["A"])
        #expect(try await watcher.pollNow(second) == .refused(.held))
        provider.answer { ScriptedWatch.unchanged($0, $1) }
        #expect(try await watcher.resume(second) == .done)
        try await harness.eventually { Set(provider.polled) == ["A", "B"] && provider.polled.count == 3 }
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aHeldWatchIsOverdueAtItsDeadlineWithoutBeingAsked() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedWatch { watch, _ in
            PollAnswer(memory: watch.memory, outcome: "fault_7", next: .hold(reason: "a contradiction"))
        }
        let watcher = try await harness.watcher([provider])
        let id = try await harness.watch("A", watcher, provider)
        let deadline = harness.clock.now() + .seconds(3600)
        try await harness.eventually { try await harness.standing(id) == .held }
        try await harness.eventually { harness.clock.nextDeadline == deadline }
        await harness.clock.advance(to: deadline)
        try await harness.eventually { try await harness.standing(id) == .overdue }
        #expect(provider.polled == ["A"])
        #expect(try await harness.store.events(EventQuery(type: "watch.overdue")).count == 1)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aClockThatRanAheadKeepsNobodyWaiting() async throws {
        let ahead = ManualClock(now: ManualClock().now() + .seconds(400 * 86_400))
        let former = try await EngineHarness.start([], clock: ahead)
        let provider = ScriptedWatch()
        let first = try await former.watcher([provider])
        let id = try await former.watch("A", first, provider)
        try await former.eventually { former.clock.pendingTimers == 1 }
        await first.stop(within: .seconds(1))
        try await former.stop(keepingFolder: true)

        let harness = try await EngineHarness.start([], folder: former.folder)
        let watcher = try await harness.watcher([provider])
        let now = harness.clock.now()
        try await harness.eventually { harness.clock.nextDeadline == now + .seconds(60) }
        #expect(provider.polled == ["A", "A"])
        let watch = try #require(try await harness.store.watch(id)).stored.watch
        #expect(watch.createdAt == now && watch.deadline == now + .seconds(3600))
        // A reload finds nothing more to do.
        try await watcher.update([WatchedSource(provider: provider) { _ in "nordic" }])
        try await harness.eventually { harness.clock.nextDeadline == now + .seconds(60) }
        #expect(provider.polled.count == 2)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func refusesWhatItCannotWatch() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedWatch()
        let watcher = try await harness.watcher([provider])
        let elsewhere = SourceID(provider: "plain", id: "other")
        await #expect(throws: Watcher.RegistrationError.unknownSource(among: [provider.source])) {
            try await watcher.register(Array("A".utf8), at: elsewhere, shops: nil)
        }
        await #expect(throws: Watcher.RegistrationError.otherShop("tashkent")) {
            try await watcher.register(Array("A".utf8), at: provider.source, shops: ["nordic"])
        }
        await #expect(throws: Watcher.RegistrationError.self) {
            try await watcher.register([], at: provider.source, shops: nil)
        }
        #expect(try await harness.store.watches(WatchQuery()).isEmpty)
        let shops: Set = ["nordic", "tashkent"]
        try await watcher.update([WatchedSource(provider: provider, shops: shops) { _ in "nordic" }])
        await #expect(throws: Watcher.RegistrationError.unknownShop) {
            try await watcher.register(Array("bare".utf8), at: provider.source, shops: ["nordic"])
        }
        #expect(try await harness.store.watches(WatchQuery()).isEmpty)
        try await watcher.update([WatchedSource(provider: provider, shops: ["nordic"]) { _ in "nordic" }])
        _ = try await watcher.register(Array("bare".utf8), at: provider.source, shops: ["nordic"])
        #expect(try await harness.store.watches(WatchQuery()).count == 1, "there is no other shop")
        await watcher.stop(within: .zero)
        try await harness.stop()
    }
}
