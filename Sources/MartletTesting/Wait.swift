// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Foundation
import Synchronization

/// One wait of a test for something that another thread is to bring about; none lasts for ever.
///
/// It ends with what it waits for, or with its test's time limit, which cancels the task and would end nothing by itself.
/// After `limit` nobody would end it any more: then the run ends with a message that says what was awaited.
package final class Wait: Sendable {
    /// Beyond the time limit of any suite.
    package static let limit = Duration.seconds(330)

    private enum State {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    private let what: String
    private let state = Mutex(State.new)

    private init(_ what: String) { self.what = what }

    /// Waits until somebody says `over`.
    ///
    /// `begin` keeps the wait for whoever is to say so; it returns true if there is nothing to wait for.
    package static func until(_ what: String, begin: (Wait) -> Bool) async {
        let wait = Wait(what)
        if begin(wait) { return }
        wait.startTimer()
        await withTaskCancellationHandler {
            await withCheckedContinuation { wait.await($0) }
        } onCancel: {
            wait.giveUp()
        }
    }

    /// Waits for the value that `begin` has somebody hand over.
    package static func value<Value: Sendable>(
        _ what: String,
        begin: (@escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        let wait = Wait(what)
        wait.startTimer()
        return await withCheckedContinuation { continuation in
            begin { value in
                wait.over()
                continuation.resume(returning: value)
            }
        }
    }

    /// What was awaited has come; again it changes nothing.
    package func over() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }

    /// Ends the run.
    package static func failed(_ what: String) -> Never { fatalError("waited in vain for \(what)") }

    private var isOver: Bool {
        state.withLock { state in
            if case .over = state { return true }
            return false
        }
    }

    private func await(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { continuation.resume() }
    }

    private func giveUp() {
        if isOver { return }
        FileHandle.standardError.write(Data("the test's time was over while it waited for \(what)\n".utf8))
        over()
    }

    private func startTimer() {
        let seconds = Int(Self.limit.components.seconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) { [weak self] in
            if let self, !isOver { Self.failed("\(what), for \(seconds) seconds") }
        }
    }
}

extension DispatchSemaphore {
    /// Waits for a signal that comes within a minute, or ends the run.
    package func wait(for what: String) {
        if wait(timeout: .now() + .seconds(60)) == .timedOut { Wait.failed(what) }
    }
}

extension Process {
    /// Waits for the process's end, or kills it after `Wait.limit` and ends the run.
    package func waitForEnd(of name: String) {
        let end = ContinuousClock.now + Wait.limit
        while isRunning {
            if ContinuousClock.now > end {
                kill(processIdentifier, SIGKILL)
                Wait.failed("the end of \(name)")
            }
            usleep(1000)
        }
    }
}
