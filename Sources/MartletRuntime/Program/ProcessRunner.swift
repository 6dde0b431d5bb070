// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import MartletCore

/// Runs programs from one loop of its own, `martlet.programs`: pipes, ends and time limits all are descriptors of its
/// epoll set, so that a program that hangs costs no thread and holds up nothing.
///
/// A bare name is looked for in the `PATH` of the run's environment, otherwise in the usual system folders; the
/// gateway's own environment never counts. At the limits, and when the program has ended, its whole process group is
/// killed: what it left running does not stay. End with `shutDown()`.
package actor ProcessRunner: ProgramRunner {
    private struct Waiting {
        let run: ProgramRun
        let answer: CheckedContinuation<ProgramOutcome, Never>
    }

    private struct Running {
        let process: pid_t
        /// The process as a descriptor, readable at its end.
        let end: Int32
        let timer: Int32
        /// Reading end of standard output; -1 once closed.
        var output: Int32
        let outputLimit: Int
        var bytes: [UInt8] = []
        /// Nil once answered.
        var answer: CheckedContinuation<ProgramOutcome, Never>?
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
    private nonisolated let loop: EventLoop
    private let concurrency: Int
    /// Nil where nobody has said how to compute them.
    private var digests: ProgramDigests?
    private var waiting: [Waiting] = []
    private var running: [pid_t: Running] = [:]
    /// Groups of ended programs whose other members the kernel may have given to the gateway.
    private var orphaned: [pid_t] = []
    private var isShutDown = false
    private var stopped: [CheckedContinuation<Void, Never>] = []

    /// Programs that run or wait for their turn; those killed count until they are gone.
    package var count: Int { running.count + waiting.count }

    /// Makes a runner with a loop of its own.
    ///
    /// `concurrency`: programs that may run at once, 32 by default; others wait their turn, and their time limit counts
    /// from their start. `sha256`: computes a digest, for runs that ask for one; without it none of those is started.
    ///
    /// - Throws: `SystemError` if the kernel gives no epoll set.
    package init(
        concurrency: Int = 32,
        label: String = "martlet.programs",
        sha256: (@Sendable ([UInt8]) -> [UInt8])? = nil
    ) throws(SystemError) {
        loop = try EventLoop(label: label)
        digests = sha256.map { ProgramDigests(sha256: $0) }
        self.concurrency = max(1, concurrency)
    }

    package func run(_ program: ProgramRun) async -> ProgramOutcome {
        if isShutDown { return Self.stopping }
        return await withCheckedContinuation { answer in
            waiting.append(Waiting(run: program, answer: answer))
            startWaiting()
        }
    }

    package func obstacle(to program: ProgramRun) async -> ProgramOutcome? {
        do {
            _ = try launch(program)
            return nil
        } catch {
            return Self.outcome(of: error)
        }
    }

    /// Kills what runs, answers everybody, and returns when every process is gone.
    package func shutDown() async {
        guard !isShutDown else { return }
        isShutDown = true
        for next in waiting { next.answer.resume(returning: Self.stopping) }
        waiting = []
        for process in Array(running.keys) { cutOff(process, Self.stopping) }
        if !running.isEmpty { await withCheckedContinuation { stopped.append($0) } }
        await loop.shutDown()
    }

    private static let stopping = ProgramOutcome.notStarted("the gateway is stopping")

    private func startWaiting() {
        while running.count < concurrency, !waiting.isEmpty {
            let next = waiting.removeFirst()
            do {
                try start(next)
            } catch {
                next.answer.resume(returning: Self.outcome(of: error))
            }
        }
    }

    /// The program's file is another one than it should be.
    private struct WrongDigest: Error {
        var program: String
        var found: [UInt8]
    }

    private static func outcome(of error: any Error) -> ProgramOutcome {
        switch error {
        case let refusal as ProgramLaunch.Refusal: .notStarted(refusal.reason)
        case let wrong as WrongDigest: .wrongDigest(program: wrong.program, found: wrong.found)
        default: .notStarted("the program could not be started: \(error)")
        }
    }

    private func launch(_ run: ProgramRun) throws -> ProgramLaunch {
        let launch = try ProgramLaunch(run)
        guard let wanted = run.digest else { return launch }
        guard let found = try digests?.digest(of: launch.program) else {
            throw ProgramLaunch.Refusal("this gateway has no way to compute digests")
        }
        if found != wanted { throw WrongDigest(program: launch.program, found: found) }
        return launch
    }

    private func start(_ next: Waiting) throws {
        let launch = try launch(next.run)
        let timer = martlet_timer_after(max(1, next.run.timeLimit.wholeMilliseconds))
        guard timer >= 0 else { throw SystemError(operation: "timerfd_create", code: errno) }
        let started: ProgramLaunch.Started
        do {
            started = try launch.start(input: next.run.input)
        } catch {
            close(timer)
            throw error
        }
        let process = started.process
        let end = martlet_process_descriptor(process)
        let code = errno
        do {
            guard end >= 0 else { throw SystemError(operation: "pidfd_open", code: code) }
            try watch(end) { $0.ended(process) }
            try watch(timer) { $0.cutOff(process, .timedOut(output: $0.running[process]?.bytes ?? [])) }
            try watch(started.output) { $0.readOutput(of: process) }
        } catch {
            for descriptor in [end, timer, started.output] where descriptor >= 0 { forget(descriptor) }
            kill(-process, SIGKILL)
            Self.reap(process)
            throw error
        }
        running[process] = Running(
            process: process,
            end: end,
            timer: timer,
            output: started.output,
            outputLimit: next.run.outputLimit,
            answer: next.answer
        )
    }

    private func watch(_ descriptor: Int32, _ handle: @escaping @Sendable (isolated ProcessRunner) -> Void) throws {
        try loop.assumeIsolated { loop in
            try loop.watch(descriptor, for: .read) { [weak self] _ in self?.assumeIsolated { handle($0) } }
        }
    }

    private func forget(_ descriptor: Int32) {
        loop.assumeIsolated { $0.unwatch(descriptor) }
        close(descriptor)
    }

    /// Takes what is there; at most a limit's worth in one go.
    private func readOutput(of process: pid_t) {
        guard var program = running[process], program.output >= 0 else { return }
        running[process] = nil
        defer { running[process] = program }
        var isAtEnd = false
        while !isAtEnd, program.bytes.count <= program.outputLimit {
            let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
                let count = read(program.output, buffer.baseAddress, buffer.count)
                if count > 0 { program.bytes.append(contentsOf: buffer[..<count]) }
                return count
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            isAtEnd = count <= 0
        }
        let isTooMuch = program.bytes.count > program.outputLimit
        guard isAtEnd || isTooMuch else { return }
        forget(program.output)
        program.output = -1
        if isTooMuch { cutOff(&program, .tooMuchOutput) }
    }

    private func cutOff(_ process: pid_t, _ outcome: ProgramOutcome) {
        guard var program = running[process] else { return }
        loop.assumeIsolated { $0.unwatch(program.timer) }
        cutOff(&program, outcome)
        running[process] = program
    }

    /// Answers at once: a process in the middle of a disk's work goes only when the disk lets it.
    private func cutOff(_ program: inout Running, _ outcome: ProgramOutcome) {
        kill(-program.process, SIGKILL)
        program.answer?.resume(returning: outcome)
        program.answer = nil
    }

    private func ended(_ process: pid_t) {
        // Before it is reaped the group's number cannot be anybody else's.
        kill(-process, SIGKILL)
        readOutput(of: process)
        guard let program = running.removeValue(forKey: process) else { return }
        if program.output >= 0 { forget(program.output) }
        forget(program.timer)
        forget(program.end)
        let exitCode = Self.reap(process)
        orphaned.append(process)
        reapOrphans()
        program.answer?.resume(returning: .ended(exitCode: exitCode, output: program.bytes))
        startWaiting()
        guard isShutDown, running.isEmpty else { return }
        for waiter in stopped { waiter.resume() }
        stopped = []
    }

    /// Returns the exit code, or 128 and the signal's number.
    @discardableResult private static func reap(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// A gateway that is a container's first process inherits what a program leaves behind, killed as it is.
    ///
    /// A group whose members still end is looked at again after the next run; nobody else reaps them, so its number stays
    /// theirs. Elsewhere the system's first process inherits them, and the kernel says `ECHILD` at once.
    private func reapOrphans() {
        orphaned.removeAll { group in
            while true {
                let found = waitpid(-group, nil, WNOHANG)
                if found == 0 { return false }
                if found < 0, errno != EINTR { return true }
            }
        }
    }
}
