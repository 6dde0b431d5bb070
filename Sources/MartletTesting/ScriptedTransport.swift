// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire
import Synchronization

/// A transport without a network: it records every request and answers by script.
///
/// A URL's queue of results is used first, then the answering closure. Completions run on the caller's thread, or on
/// the one that releases.
package final class ScriptedTransport: Transport {
    package typealias Answer = @Sendable (OutboundRequest) -> AttemptResult
    package typealias Completion = @Sendable (AttemptResult) -> Void

    private struct State {
        var requests: [OutboundRequest] = []
        var queued: [String: [AttemptResult]] = [:]
        var isHolding = false
        var held: [(request: OutboundRequest, completion: Completion)] = []
        var waiters: [(count: Int, wait: Wait)] = []
    }

    private let state: Mutex<State>
    private let answer: Answer

    /// - Parameters:
    ///   - isHolding: true keeps requests until `release` or `releaseAll`.
    ///   - answer: default 200 with an empty body.
    package init(isHolding: Bool = false, answer: @escaping Answer = { _ in ScriptedTransport.answered(200) }) {
        self.answer = answer
        state = Mutex(State(isHolding: isHolding))
    }

    package func send(_ request: OutboundRequest, completion: @escaping Completion) {
        let (isHeld, ready) = state.withLock { state in
            state.requests.append(request)
            if state.isHolding { state.held.append((request, completion)) }
            let count = state.requests.count
            let ready = state.waiters.filter { $0.count <= count }.map(\.wait)
            state.waiters.removeAll { $0.count <= count }
            return (state.isHolding, ready)
        }
        for wait in ready { wait.over() }
        if !isHeld { completion(result(for: request)) }
    }

    /// Every request so far, in order.
    package var requests: [OutboundRequest] { state.withLock { $0.requests } }

    /// Requests that wait to be released.
    package var heldCount: Int { state.withLock { $0.held.count } }

    /// Adds results for a URL; each is used once, in order.
    package func enqueue(_ results: [AttemptResult], for url: String) {
        state.withLock { $0.queued[url, default: []] += results }
    }

    /// Keeps later requests unanswered until they are released.
    package func hold() { state.withLock { $0.isHolding = true } }

    /// Answers the oldest held requests, at most `count`; later requests are still held.
    package func release(_ count: Int = 1) {
        let released = state.withLock { state in
            let released = Array(state.held.prefix(count))
            state.held.removeFirst(released.count)
            return released
        }
        for (request, completion) in released { completion(result(for: request)) }
    }

    /// Answers every held request and holds no more.
    package func releaseAll() {
        state.withLock { $0.isHolding = false }
        release(.max)
    }

    /// Waits until at least that many requests have come; returns all so far.
    @discardableResult
    package func waitForRequests(_ count: Int) async -> [OutboundRequest] {
        await Wait.until("\(count) requests at the scripted transport") { wait in
            state.withLock { state in
                if state.requests.count >= count { return true }
                state.waiters.append((count, wait))
                return false
            }
        }
        return requests
    }

    /// A result with an HTTP answer; it started at the epoch and took no time.
    package static func answered(_ status: Int, headers: [(String, String)] = [], body: String = "") -> AttemptResult {
        AttemptResult(
            outcome: .answered(status: status),
            startedAt: Timestamp(milliseconds: 0),
            duration: .zero,
            headers: HeaderFields(headers),
            body: Array(body.utf8)
        )
    }

    /// A result without an HTTP answer.
    package static func failed(_ failure: NetworkFailure, detail: String? = nil) -> AttemptResult {
        AttemptResult(
            outcome: .failed(failure),
            startedAt: Timestamp(milliseconds: 0),
            duration: .zero,
            detail: detail
        )
    }

    private func result(for request: OutboundRequest) -> AttemptResult {
        let queued: AttemptResult? = state.withLock { state in
            guard let first = state.queued[request.url]?.first else { return nil }
            state.queued[request.url]?.removeFirst()
            return first
        }
        return queued ?? answer(request)
    }
}
