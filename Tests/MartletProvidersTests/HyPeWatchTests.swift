// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletRuntime
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// The whole way of a poll through a real program, the stand-in of `Fixtures/programs`.
@Suite(.timeLimit(.minutes(3))) struct HyPeWatchTests {
    static let source = SourceID(provider: "hype", id: "uz-main")
    static let start = Vectors.sampleTime
    static let program = Fixtures.folder.appendingPathComponent("programs/hype-stand-in.sh").path

    static func watch(
        state: HyPe.State = HyPe.State(),
        number: String = "TEST-INV-7",
        autofeed: String = "{}"
    ) throws -> Watch {
        var invoice = try HyPeTests.invoice()
        invoice.number = number
        let registered = HyPe.Registered(invoice: invoice, autofeed: Array(autofeed.utf8))
        return Watch(
            source: source,
            subject: registered.subject,
            details: registered.details,
            memory: HyPe.Memory(state: state).json,
            nextPollAt: start,
            deadline: start + .seconds(86_400 * 7),
            createdAt: start
        )
    }

    static func watcher(_ arguments: [String], timeLimit: Duration = .seconds(30)) -> HyPe.Watcher {
        HyPe.Watcher(source: source, settings: HyPe.Settings(command: [program] + arguments, timeLimit: timeLimit))
    }

    static func poll(_ watcher: HyPe.Watcher, _ watch: Watch, at now: Timestamp = start) async throws -> PollAnswer {
        let runner = try ProcessRunner()
        let tools = PollTools(transport: ScriptedTransport(), programs: runner)
        let answer = await watcher.poll(watch, order: nil, at: now, with: tools)
        await runner.shutDown()
        return answer
    }

    @Test(arguments: try Vectors.cases("hype"))
    func pollsAsComputed(_ testCase: VectorCase) async throws {
        let members = try testCase.members
        let result = try #require(members["result"] as? [String: Any])
        let before = try #require(members["state_before"] as? [String: Any])
        var output = Array((result["stdout"] as? String ?? "").utf8)
        if let encoded = result["stdout_base64"] as? String {
            output = Array(try #require(Data(base64Encoded: encoded)))
        }
        let isTimedOut = try #require(result["timed_out"] as? Bool)
        let exitCode = String(try #require(result["exit_code"] as? Int))
        // printf takes any byte as three octal digits.
        let octal = output.map {
            "\\" + String(repeating: "0", count: 3 - String($0, radix: 8).count) + String($0, radix: 8)
        }
        let arguments = isTimedOut ? ["hang"] : ["octal", octal.joined(), exitCode]
        let state = HyPe.State(
            lastStatus: before["last_status"] as? String,
            knownIdentifier: before["known_identifier"] as? String
        )
        let watcher = Self.watcher(arguments, timeLimit: isTimedOut ? .milliseconds(300) : .seconds(30))
        let answer = try await Self.poll(watcher, try Self.watch(state: state))
        let expect = try testCase.expect
        #expect(answer.news.count == (expect["emitted"] as? Bool == true ? 1 : 0), "\(testCase.id)")
        for news in answer.news {
            try Vectors.check(news.event, expect["event"], testCase.id)
            #expect(news.raw == output)
        }
        if expect["verdict"] as? String == "rejected", !isTimedOut {
            #expect(answer.outcome == expect["reason"] as? String)
        }
        #expect(Self.word(answer.next) == expect["next"] as? String, "\(testCase.id)")
    }

    static func word(_ next: PollAnswer.Next) -> String {
        switch next {
        case .poll(let time): time - start < .seconds(86_400) ? "poll_again" : "poll_slowly"
        case .close: "stop"
        case .hold: "hold_engineer"
        case .holdSource: "hold_account"
        }
    }

    @Test func followsALifeThroughTheStoredMemory() async throws {
        let sequence = try #require(try Vectors.cases("hype", "sequences").first)
        var watch = try Self.watch()
        for step in try #require(sequence.members["steps"] as? [[String: Any]]) {
            let answer = try await Self.poll(Self.watcher(["say", try #require(step["stdout"] as? String)]), watch)
            #expect(answer.news.first?.event.type.rawValue == step["emitted"] as? String)
            #expect(Self.word(answer.next) == step["next"] as? String)
            watch.memory = answer.memory
        }
    }

    @Test func feedsTheAutofeedUnchanged() async throws {
        let row = try #require(Vectors.file("hype")["autofeed_passthrough"] as? [String: String])
        let stored = try #require(row["stored_base64"].flatMap { Base64.decode($0) })
        #expect(Hex.encode(Digest.sha256(stored)) == row["sha256"])
        let runner = try ProcessRunner()
        let outcome = await runner.run(ProgramRun(command: [Self.program, "echo"], input: stored))
        await runner.shutDown()
        #expect(outcome == .ended(exitCode: 0, output: stored))
        // As a text the spaces around it survive; as an object it keeps its bytes inside.
        var json = JSONWriter()
        json.string(String(decoding: stored, as: UTF8.self))
        #expect(try Self.registered(autofeed: json.bytes).autofeed == stored)
        let object = stored.drop { $0 == 0x20 }.dropLast()
        #expect(try Self.registered(autofeed: Array(object)).autofeed == Array(object))
    }

    static func registered(autofeed: [UInt8]) throws -> HyPe.Registered {
        let head = #"{"source":"hype/uz-main","invoice":"A-1","store":"s1","totalTiyin":1,"issuedOn":"2024-02-29","#
        let bytes = Array(head.utf8) + Array(#" "auto\u0066eed" : "#.utf8) + autofeed + Array(" }".utf8)
        let plan = try watcher([]).plan(bytes, now: start)
        #expect(plan.watch.subject == "A-1@2024-02-29")
        #expect(plan.watch.nextPollAt == start)
        return try #require(HyPe.Registered(details: plan.watch.details))
    }

    @Test(arguments: [
        ("[]", [""]),
        ("{}", ["invoice", "store", "totalTiyin", "issuedOn", "autofeed"]),
        (
            #"{"invoice":"","store":"a-b","totalTiyin":-1,"issuedOn":"2023-02-29","autofeed":[],"x":1}"#,
            ["invoice", "store", "totalTiyin", "issuedOn", "autofeed", "x"]
        ),
        (
            #"{"invoice":"A","store":"s","totalTiyin":"18446744073709551616","issuedOn":"2024-1-01","autofeed":"no"}"#,
            ["totalTiyin", "issuedOn", "autofeed"]
        ),
    ])
    func refusesABadRegistrationWithEveryProblem(_ text: String, _ fields: [String]) throws {
        do {
            _ = try Self.watcher([]).plan(Array(text.utf8), now: Self.start)
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.field) == fields)
        }
    }

    @Test func holdsADamagedWatch() async throws {
        var watch = try Self.watch()
        watch.details = Array(String(decoding: watch.details, as: UTF8.self).replacing("e30=", with: "e31=").utf8)
        #expect(try await Self.poll(Self.watcher(["unread"]), watch).outcome == "damaged")
    }

    @Test func twoBadSignaturesWithinTenMinutesHoldTheAccount() async throws {
        let watcher = Self.watcher(["fault", "bad_signature"])
        let (first, second) = (try Self.watch(number: "A"), try Self.watch(number: "B"))
        func next(_ watch: Watch, _ seconds: Int) async throws -> String {
            Self.word(try await Self.poll(watcher, watch, at: Self.start + .seconds(seconds)).next)
        }
        #expect(try await next(first, 0) == "hold_engineer")
        #expect(try await next(first, 10) == "hold_engineer")
        #expect(try await next(second, 611) == "hold_engineer")
        #expect(try await next(first, 1211) == "hold_account")
    }

    @Test func aReloadDoesNotPartTwoBadSignatures() async throws {
        let (before, after) = (Self.watcher(["fault", "bad_signature"]), Self.watcher(["fault", "bad_signature"]))
        _ = try await Self.poll(before, try Self.watch(number: "A"))
        after.takeOver(from: before)
        let answer = try await Self.poll(after, try Self.watch(number: "B"), at: Self.start + .seconds(600))
        #expect(Self.word(answer.next) == "hold_account")
    }

    @Test(arguments: [
        (["hang"], "timeout"), (["stubborn"], "timeout"), (["flood"], "too_much_output"),
        (["fault", "server_error"], "server_error"), (["fault", "odd"], "unknown_fault"),
        (["status", "odd"], "unrecognised"), (["status", "reached"], "reached"), (["closed"], "no_valid_output"),
        (["grandchild"], "created"), (["killed"], "no_valid_output"),
    ])
    func saysInAWordWhatCameOfIt(_ arguments: [String], _ word: String) async throws {
        let isSlow = word == "timeout"
        let watcher = Self.watcher(arguments, timeLimit: isSlow ? .milliseconds(200) : .seconds(30))
        let answer = try await Self.poll(watcher, try Self.watch())
        #expect(answer.outcome == word)
        #expect(Self.word(answer.next) == "poll_again")
    }

    @Test func aProgramThatIsMissingIsAskedForAgain() async throws {
        let watcher = HyPe.Watcher(source: Self.source, settings: HyPe.Settings(command: ["/no/such/program"]))
        let answer = try await Self.poll(watcher, try Self.watch())
        #expect(answer.outcome == "not_started")
        #expect(answer.next == .poll(at: Self.start + .seconds(30)))
        #expect(
            answer.note
                == "the program did not start: there is no program \"/no/such/program\" that the gateway may execute"
        )
        #expect(answer.deadline == nil)
    }

    @Test func aProgramThatWasReplacedHoldsTheSourceBeforeItRuns() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("status").path
        func install(_ status: String) throws -> [UInt8] {
            let script = Data("#!/bin/sh\nprintf '{\"status\":\"\(status)\"}'\n".utf8)
            try script.write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
            return Digest.sha256([UInt8](script))
        }
        let genuine = try install("created")
        let settings = HyPe.Settings(command: [file], commandDigest: genuine)
        let watcher = HyPe.Watcher(source: Self.source, settings: settings)
        let runner = try ProcessRunner(sha256: Digest.sha256)
        let tools = PollTools(transport: ScriptedTransport(), programs: runner)
        let watch = try Self.watch()
        #expect(await watcher.obstacle(with: tools) == nil)
        #expect(await watcher.poll(watch, order: nil, at: Self.start, with: tools).outcome == "created")
        let other = try install("completed_success")
        let answer = await watcher.poll(watch, order: nil, at: Self.start, with: tools)
        #expect(answer.outcome == "wrong_digest")
        #expect(answer.news.isEmpty)
        let reason = await watcher.obstacle(with: tools)
        #expect(reason?.contains("sha256:" + Hex.encode(other)) == true)
        #expect(answer.next == .holdSource(reason: reason ?? ""))
        _ = try install("created")
        #expect(await watcher.poll(watch, order: nil, at: Self.start, with: tools).outcome == "created")
        await runner.shutDown()
        // Whoever cannot look must not run it either.
        let blind = try await Self.poll(watcher, watch)
        #expect(blind.outcome == "not_started")
    }

    @Test(arguments: [
        (0, 0, 20_000), (299, 0, 20_000), (300, 0, 60_000), (3600, 0, 600_000), (86_400, 0, 3_600_000),
        (604_800, 0, 86_400_000), (0, 1, 30_000), (0, 2, 45_000), (0, 3, 67_500), (0, 100, 3_600_000),
        (86_400, 5, 3_600_000),
    ])
    func keepsTheSchedule(_ age: Int, _ failures: Int, _ milliseconds: Int) {
        let now = Self.start + .seconds(age)
        let next = HyPe.nextPoll(after: now, registeredAt: Self.start, memory: HyPe.Memory(failures: failures))
        #expect(next - now == .milliseconds(milliseconds))
    }

    @Test func looksForRefundsForSixtyDays() async throws {
        var watch = try Self.watch()
        let watcher = Self.watcher(["status", "completed_success"])
        let paid = try await Self.poll(watcher, watch)
        #expect(paid.next == .poll(at: Self.start + .seconds(86_400)))
        #expect(paid.deadline == Self.start + .seconds(86_400 * 60))
        watch.memory = paid.memory
        let later = Self.start + .seconds(86_400 * 59)
        #expect(try await Self.poll(watcher, watch, at: later).next == .poll(at: later + .seconds(86_400)))
        #expect(try await Self.poll(watcher, watch, at: later + .seconds(86_400)).next == .close)
    }

    @Test func theSixtyDaysDoNotWaitForAClockThatRanAhead() async throws {
        var watch = try Self.watch()
        let memory = HyPe.Memory(
            state: HyPe.State(lastStatus: "completed_success"),
            paidAt: Self.start + .seconds(86_400 * 400)
        )
        watch.memory = memory.json
        for arguments in [["status", "completed_success"], ["say", "nonsense"]] {
            let answer = try await Self.poll(Self.watcher(arguments), watch)
            #expect(answer.deadline == Self.start + .seconds(86_400 * 60))
            watch.memory = answer.memory
            #expect(HyPe.Memory(watch.memory).paidAt == Self.start)
        }
    }

    @Test func remembersAllOfIt() {
        let state = HyPe.State(
            lastStatus: "reached",
            knownIdentifier: "T\"1",
            transientFaults: 3,
            reportedFault: "odd"
        )
        let memory = HyPe.Memory(state: state, failures: 4, paidAt: Self.start)
        #expect(HyPe.Memory(memory.json) == memory)
        #expect(HyPe.Memory(Array("{}".utf8)) == HyPe.Memory())
    }
}
