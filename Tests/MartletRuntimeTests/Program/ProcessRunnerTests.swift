// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import MartletCore
import MartletTesting
import Testing

@testable import MartletRuntime

extension DescriptorTests {
    @Suite struct ProcessRunnerTests {
        static let standIn = Fixtures.folder.appendingPathComponent("programs/hype-stand-in.sh").path

        static func run(
            _ arguments: [String],
            input: String = "",
            environment: [String: String] = [:],
            timeLimit: Duration = .seconds(30),
            outputLimit: Int = 65_536,
            user: String? = nil
        ) -> ProgramRun {
            ProgramRun(
                command: [standIn] + arguments,
                input: Array(input.utf8),
                environment: environment,
                user: user,
                timeLimit: timeLimit,
                outputLimit: outputLimit
            )
        }

        /// Runs with a runner that is shut down afterwards.
        static func outcome(_ run: ProgramRun) async throws -> ProgramOutcome {
            let runner = try ProcessRunner()
            let outcome = await runner.run(run)
            await runner.shutDown()
            return outcome
        }

        static func text(_ outcome: ProgramOutcome) throws -> String {
            guard case .ended(_, let output) = outcome else {
                Issue.record("\(outcome)")
                return ""
            }
            return String(decoding: output, as: UTF8.self)
        }

        @Test func feedsTheInputByteForByteAndTakesTheOutput() async throws {
            let input = String(repeating: " { \"a\": 1 }\n", count: 5000)
            #expect(
                try await Self.outcome(Self.run(["echo"], input: input))
                    == .ended(exitCode: 0, output: Array(input.utf8))
            )
        }

        @Test(arguments: [
            (["say", "x", "7"], ProgramOutcome.ended(exitCode: 7, output: Array("x".utf8))),
            (["killed"], .ended(exitCode: 137, output: [])),
            (["closed"], .ended(exitCode: 3, output: [])),
            (["unread"], .ended(exitCode: 0, output: Array(#"{"status":"created"}"#.utf8))),
            (["noise"], .ended(exitCode: 0, output: Array(#"{"status":"created"}"#.utf8))),
            (["grandchild"], .ended(exitCode: 0, output: Array(#"{"status":"created"}"#.utf8))),
            (["flood"], .tooMuchOutput),
        ])
        func endsAsTheProgramDoes(_ arguments: [String], _ expected: ProgramOutcome) async throws {
            let input = String(repeating: "x", count: 200_000)
            #expect(try await Self.outcome(Self.run(arguments, input: input)) == expected)
        }

        @Test(arguments: ["hang", "stubborn"])
        func killsAtTheTimeLimit(_ mode: String) async throws {
            let outcome = try await Self.outcome(Self.run([mode], timeLimit: .milliseconds(300)))
            guard case .timedOut = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }

        @Test func killsWhatTheProgramLeftRunning() async throws {
            let text = try Self.text(await Self.outcome(Self.run(["pids"])))
            let pid = try #require(pid_t(text))
            // Killed with the group; whoever adopts it reaps it.
            while kill(pid, 0) == 0, try Self.state(of: pid) != "Z" { sched_yield() }
        }

        /// `Z` for a zombie; nil once gone.
        static func state(of pid: pid_t) throws -> Character? {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
            return text.split(separator: ")").last?.first { $0 != " " }
        }

        @Test func givesTheEnvironmentAndNothingElse() async throws {
            let text = try Self.text(await Self.outcome(Self.run(["environment"], environment: ["A": "1 2"])))
            #expect(text == "A=1 2\n")
        }

        @Test func inheritsNoDescriptor() async throws {
            // Without CLOEXEC, as some library might open one.
            let stray = open("/dev/zero", O_RDONLY)
            defer { close(stray) }
            let text = try Self.text(await Self.outcome(Self.run(["descriptors"])))
            let targets = text.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
            // `ls` itself has opened the folder.
            let others = targets.filter { !$0.hasPrefix("/proc/") && !$0.hasPrefix("0") }
            #expect(others.count == 3, "\(text)")
            #expect(!text.contains("/dev/zero"))
        }

        @Test func inheritsNoSignalSettings() async throws {
            let old = signal(SIGPIPE, SIG_IGN)
            defer { signal(SIGPIPE, old) }
            let text = try Self.text(await Self.outcome(Self.run(["signals"])))
            let masks = text.split(separator: "\n").compactMap { $0.split(separator: "\t").last }
                .compactMap { UInt64($0, radix: 16) }
            // glibc has signals 32 and 33, its own, ignored in what it spawns.
            #expect(masks.map { $0 & 0x7FFF_FFFF } == [0, 0], "\(text)")
        }

        @Test func looksForBareNamesInPathOnly() async throws {
            let folder = Fixtures.folder.appendingPathComponent("programs").path
            let found = ProgramRun(
                command: ["hype-stand-in.sh", "unread"],
                input: [],
                environment: ["PATH": "x:\(folder)"]
            )
            #expect(try await Self.outcome(found) == .ended(exitCode: 0, output: Array(#"{"status":"created"}"#.utf8)))
            #expect(ProgramLaunch.find("hype-stand-in.sh", in: "programs:.") == nil)
            #expect(ProgramLaunch.find("sh", in: ProgramLaunch.defaultPath) != nil)
            let missing = try await Self.outcome(ProgramRun(command: ["no-such-program"], input: []))
            #expect(missing == .notStarted("there is no program \"no-such-program\" that the gateway may execute"))
        }

        @Test(arguments: [
            ProgramRun(command: [], input: []), ProgramRun(command: ["/etc"], input: []),
            ProgramRun(command: ["/etc/passwd"], input: []), ProgramRun(command: ["/bin/true", "a\0b"], input: []),
            ProgramRun(command: ["/bin/true"], input: [], environment: ["A=": "1"]),
            ProgramRun(command: ["/bin/true"], input: [], user: "no-such-user"),
        ])
        func refusesWhatItCannotStart(_ run: ProgramRun) async throws {
            guard case .notStarted(let reason) = try await Self.outcome(run) else {
                Issue.record("started")
                return
            }
            #expect(!reason.isEmpty)
        }

        @Test func runsAsAnotherUserOnlyAsRoot() async throws {
            let outcome = try await Self.outcome(
                ProgramRun(command: ["/usr/bin/id", "-un"], input: [], user: "nobody")
            )
            if geteuid() == 0 {
                #expect(outcome == .ended(exitCode: 0, output: Array("nobody\n".utf8)))
            } else if case .notStarted(let reason) = outcome {
                #expect(reason.contains("root"))
            } else {
                Issue.record("\(outcome)")
            }
        }

        @Test func answersEverybodyWhenItStops() async throws {
            let runner = try ProcessRunner(concurrency: 1)
            async let first = runner.run(Self.run(["hang"]))
            async let second = runner.run(Self.run(["hang"]))
            while await runner.count < 2 { await Task.yield() }
            await runner.shutDown()
            #expect(await [first, second] == Array(repeating: .notStarted("the gateway is stopping"), count: 2))
            #expect(await runner.run(Self.run(["unread"])) == .notStarted("the gateway is stopping"))
        }

        @Test func hangingProgramsHoldUpNobody() async throws {
            let runner = try ProcessRunner(concurrency: 8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<7 { group.addTask { _ = await runner.run(Self.run(["hang"])) } }
                while await runner.count < 7 { await Task.yield() }
                for _ in 0..<20 {
                    #expect(try Self.text(await runner.run(Self.run(["unread"]))) == #"{"status":"created"}"#)
                }
                #expect(await runner.count == 7)
                await runner.shutDown()
                try await group.waitForAll()
            }
        }

        @Test func leavesNoZombieAndNoDescriptorAfterAThousandRuns() async throws {
            let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            let runner = try ProcessRunner(concurrency: 16)
            let kinds = [["unread"], ["say", "x", "1"], ["killed"], ["grandchild"], ["hang"], ["flood"]]
            await withTaskGroup(of: Void.self) { group in
                for round in 0..<1000 {
                    // One in ten hangs.
                    let arguments =
                        round % 10 == 0 ? ["hang"] : round % 4 == 0 ? kinds[round % kinds.count] : ["unread"]
                    group.addTask { _ = await runner.run(Self.run(arguments, timeLimit: .milliseconds(200))) }
                }
            }
            await runner.shutDown()
            #expect(try Self.children() == [])
            // The loop's own descriptor goes with Dispatch's cancel handler.
            var after = before + 1
            for _ in 0..<10_000 where after > before {
                after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
                await Task.yield()
            }
            #expect(after <= before)
        }

        /// As in a container whose first process is the gateway.
        @Test func reapsWhatItInherits() async throws {
            typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
            let symbol = try #require(dlsym(nil, "prctl"))
            let control = unsafeBitCast(symbol, to: Control.self)
            let setChildSubreaper: Int32 = 36
            #expect(control(setChildSubreaper, 1, 0, 0, 0) == 0)
            defer { _ = control(setChildSubreaper, 0, 0, 0, 0) }
            let runner = try ProcessRunner()
            for _ in 0..<50 { _ = await runner.run(Self.run(["grandchild"])) }
            // Each run takes what has ended meanwhile.
            let end = ContinuousClock.now + .seconds(60)
            while try !Self.children().isEmpty, ContinuousClock.now < end {
                _ = await runner.run(Self.run(["unread"]))
            }
            #expect(try Self.children() == [], "what it inherited was not reaped within a minute")
            await runner.shutDown()
        }

        /// Processes of the stand-in whose parent is this one, with their states.
        ///
        /// Looks and does not wait for them: other tests' children are theirs, and whoever reaps one of those leaves its
        /// owner waiting for ever.
        private static func children() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
                guard Int(entry) != nil, let stat = try? String(contentsOfFile: "/proc/\(entry)/stat", encoding: .utf8),
                    let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")")
                else { return nil }
                let name = stat[stat.index(after: open)..<close]
                // proc_pid_stat(5): the state, then the parent.
                let rest = stat[stat.index(after: close)...].split(separator: " ")
                guard name.hasPrefix("hype-stand-in") || name == "sleep", rest.count > 1, rest[1] == "\(getpid())"
                else {
                    return nil
                }
                return "\(entry) \(name) \(rest[0])"
            }
        }
    }
}
