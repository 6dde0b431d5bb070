// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine

/// A status command that answers by script.
private final class ScriptedProgram: ProgramRunner {
    private let state: Mutex<(status: String, runs: Int)>

    init(_ status: String) { state = Mutex((status, 0)) }

    var runs: Int { state.withLock { $0.runs } }

    func say(_ status: String) { state.withLock { $0.status = status } }

    func run(_ program: ProgramRun) async -> ProgramOutcome {
        let status = state.withLock { state in
            state.runs += 1
            return state.status
        }
        if status == "missing" { return .notStarted("there is no such program") }
        return .ended(exitCode: 0, output: Array(#"{"identifier":"","status":"\#(status)"}"#.utf8))
    }
}

/// When an invoice that is only asked about is given up, and when it is done with (providers.md section 5.7).
@Suite(.timeLimit(.minutes(2))) struct InvoiceDeadlineTests {
    private static let day = Duration.seconds(86_400)
    private static let registration =
        #"{"invoice":"INV-7","store":"s1","totalTiyin":600000,"issuedOn":"2026-11-21","autofeed":{}}"#
    private static let provider = HyPe.Watcher(
        source: SourceID(provider: "hype", id: "uz-main"),
        settings: HyPe.Settings(command: ["status"])
    )

    private static func overdueEvents(_ harness: EngineHarness) async throws -> Int {
        try await harness.store.events(EventQuery(type: "watch.overdue")).count
    }

    @Test(arguments: ["created", "missing"]) func anUnpaidInvoiceIsOverdueAfterAWeek(_ status: String) async throws {
        let harness = try await EngineHarness.start([])
        let program = ScriptedProgram(status)
        let watcher = try await harness.watcher([Self.provider], programs: program)
        let start = harness.clock.now()
        let id = try await harness.watch(Self.registration, watcher, Self.provider)
        try await harness.follow(until: start + Self.day * 7 - .seconds(1))
        #expect(try await harness.standing(id) == .open)
        let watch = try #require(try await harness.store.watch(id)).stored.watch
        #expect(watch.note == (status == "missing" ? "the program did not start: there is no such program" : nil))
        try await harness.follow(until: start + Self.day * 7)
        #expect(try await harness.standing(id) == .overdue)
        let runs = program.runs
        print("an unpaid invoice's week: \(runs) runs")
        // 15 in five minutes, 55 to the hour, 138 to the day, 144 to the seventh.
        #expect(runs <= 353)
        try await harness.follow(until: start + Self.day * 90)
        #expect(try await Self.overdueEvents(harness) == 1)
        #expect(program.runs == runs)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func aPaidInvoiceIsLookedAtForSixtyDaysAndThenClosed() async throws {
        let harness = try await EngineHarness.start([])
        let program = ScriptedProgram("reached")
        let watcher = try await harness.watcher([Self.provider], programs: program)
        let start = harness.clock.now()
        let id = try await harness.watch(Self.registration, watcher, Self.provider)
        try await harness.follow(until: start + Self.day * 6)
        // Seen at the very last poll before it would be overdue.
        program.say("completed_success")
        try await harness.follow(until: start + Self.day * 7)
        let watch = try #require(try await harness.store.watch(id)).stored.watch
        #expect(watch.state == .open)
        let paidAt = start + Self.day * 6 + .seconds(3600)
        #expect(watch.deadline == paidAt + Self.day * 60)
        let runs = program.runs
        try await harness.follow(until: watch.deadline - .seconds(1))
        #expect(try await harness.standing(id) == .open)
        // One a day, while the program fails as well.
        program.say("missing")
        try await harness.follow(until: watch.deadline)
        #expect(try await harness.standing(id) == .closed)
        #expect(program.runs - runs <= 60)
        #expect(try await Self.overdueEvents(harness) == 0)
        #expect(try await harness.store.events(EventQuery(type: "payment.paid")).count == 1)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }
}
