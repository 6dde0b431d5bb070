// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Which operations of a store fail right now, and how many are under way.
final class Faults: Sendable {
    enum Operation: Hashable {
        case capture
        case record
        case claim
        case release
        case quarantine
        case health
        case claimWatches
        case recordPoll
        case saveSweep
        case registerWatch
        case replayStep
        case readReplay
        /// Does not fail, but finds nothing.
        case findOrder
        /// Does not fail, but finds the order as if it had no secret of its own.
        case findOwnSecret
    }

    private struct State {
        var failing: Set<Operation> = []
        /// Operations that fail so often and then work again.
        var left: [Operation: Int] = [:]
        var hits: [Operation: Int] = [:]
        var underWay = 0
        var begun = 0
    }

    private let state = Mutex(State())

    func set(_ operation: Operation, to isFailing: Bool) {
        state.withLock { state in
            if isFailing { state.failing.insert(operation) } else { state.failing.remove(operation) }
        }
    }

    func set(_ operation: Operation, times: Int) { state.withLock { $0.left[operation] = times } }

    func strikes(_ operation: Operation) -> Bool {
        state.withLock { state in
            if let left = state.left[operation], left > 0 {
                state.left[operation] = left - 1
            } else if !state.failing.contains(operation) {
                return false
            }
            state.hits[operation, default: 0] += 1
            return true
        }
    }

    func hits(_ operation: Operation) -> Int { state.withLock { $0.hits[operation] ?? 0 } }

    func began() {
        state.withLock { state in
            state.underWay += 1
            state.begun += 1
        }
    }

    func ended() { state.withLock { $0.underWay -= 1 } }

    /// Writes that have begun so far; nil while one is under way.
    var settledCount: Int? { state.withLock { $0.underWay == 0 ? $0.begun : nil } }
}
