// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Synchronization

/// A transport whose endpoints each do what the test last said: answer with a status, fail, or hang.
final class SteeredTransport: Transport {
    enum Behaviour: Sendable {
        case answer(Int, retryAfter: String? = nil)
        case fail(NetworkFailure)
        case hang
    }

    struct Sent: Sendable {
        var host: String
        var attempt: Int
        var eventID: String
        var at: Timestamp
        var delivery: String
        var body: [UInt8]
    }

    private struct State {
        var behaviours: [String: [Behaviour]] = [:]
        var deciding: [String: (count: Int, decide: @Sendable (Int) -> Behaviour)] = [:]
        var sent: [Sent] = []
        var hanging: [String: [@Sendable (AttemptResult) -> Void]] = [:]

        mutating func next(_ host: String) -> Behaviour {
            if let (count, decide) = deciding[host] {
                deciding[host] = (count + 1, decide)
                return decide(count)
            }
            var list = behaviours[host] ?? [.answer(200)]
            let behaviour = list.count > 1 ? list.removeFirst() : list[0]
            behaviours[host] = list
            return behaviour
        }
    }

    private let state = Mutex(State())
    private let clock: ManualClock?

    init(clock: ManualClock? = nil) { self.clock = clock }

    /// Each request takes the next behaviour; the last one stays.
    ///
    /// The default answers 200.
    func set(_ host: String, _ behaviours: Behaviour...) {
        state.withLock { state in
            state.deciding[host] = nil
            state.behaviours[host] = behaviours
        }
    }

    /// What a host does with each request from now on, by its number since then, from 0.
    func set(_ host: String, _ decide: @escaping @Sendable (Int) -> Behaviour) {
        state.withLock { $0.deciding[host] = (0, decide) }
    }

    func sent(to host: String) -> [Sent] { state.withLock { $0.sent.filter { $0.host == host } } }
    func hangingCount(_ host: String) -> Int { state.withLock { $0.hanging[host]?.count ?? 0 } }

    var hangingCount: Int { state.withLock { $0.hanging.values.reduce(0) { $0 + $1.count } } }

    /// Lets the hanging request that was sent first end.
    func releaseFirst(_ host: String, _ behaviour: Behaviour = .answer(200)) {
        let completion = state.withLock { state -> (@Sendable (AttemptResult) -> Void)? in
            guard state.hanging[host]?.isEmpty == false else { return nil }
            return state.hanging[host]?.removeFirst()
        }
        if let completion { end(behaviour, completion) }
    }

    /// Lets every hanging request of a host end with a status.
    func release(_ host: String, status: Int = 200) {
        let held = state.withLock { $0.hanging.removeValue(forKey: host) ?? [] }
        for completion in held { completion(ScriptedTransport.answered(status)) }
    }

    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        let host = String(request.url.dropFirst(7).prefix { $0 != "." })
        let behaviour = state.withLock { state in
            state.sent.append(
                Sent(
                    host: host,
                    attempt: Int(request.headers[first: "martlet-attempt"] ?? "") ?? 0,
                    eventID: request.headers[first: "webhook-id"] ?? "",
                    at: clock?.now() ?? Timestamp(milliseconds: 0),
                    delivery: request.headers[first: "martlet-delivery"] ?? "",
                    body: request.body
                )
            )
            let behaviour = state.next(host)
            if case .hang = behaviour { state.hanging[host, default: []].append(completion) }
            return behaviour
        }
        end(behaviour, completion)
    }

    private func end(_ behaviour: Behaviour, _ completion: @Sendable (AttemptResult) -> Void) {
        switch behaviour {
        case .answer(let status, let retryAfter):
            completion(ScriptedTransport.answered(status, headers: retryAfter.map { [("Retry-After", $0)] } ?? []))
        case .fail(let failure): completion(ScriptedTransport.failed(failure))
        case .hang: break
        }
    }
}
