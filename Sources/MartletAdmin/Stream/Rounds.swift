// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Does something after every pause for as long as it is wanted: in one task, however often that begins and ends.
final class Rounds: Sendable {
    private struct State {
        var isWanted = false
        var isRunning = false
        var round: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())
    private let pause: @Sendable () async -> Void

    init(pause: @escaping @Sendable () async -> Void) { self.pause = pause }

    func begin(_ round: @escaping @Sendable () -> Void) {
        let mustRun = state.withLock { state in
            state.isWanted = true
            state.round = round
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustRun { Task { await run() } }
    }

    /// The task ends with its pause, unless it is wanted again by then.
    func end() {
        state.withLock { state in
            state.isWanted = false
            state.round = {}
        }
    }

    private func run() async {
        while true {
            await pause()
            let round = state.withLock { state -> (@Sendable () -> Void)? in
                if !state.isWanted { state.isRunning = false }
                return state.isWanted ? state.round : nil
            }
            guard let round else { return }
            round()
        }
    }
}
