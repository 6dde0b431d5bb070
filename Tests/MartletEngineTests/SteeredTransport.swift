// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
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
        /// What the signature states.
        var timestamp: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// `merchant_order_id` of an event that is sent whole.
        var order: String {
            let parts = text.split(separator: "\"merchant_order_id\":\"", maxSplits: 1)
            return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : ""
        }
    }

    private struct State {
        var behaviours: [String: [Behaviour]] = [:]
        var deciding: [String: @Sendable (Sent) -> Behaviour] = [:]
        var sent: [Sent] = []
        var hanging: [String: [@Sendable (AttemptResult) -> Void]] = [:]

        mutating func next(_ sent: Sent) -> Behaviour {
            if let decide = deciding[sent.host] { return decide(sent) }
            var list = behaviours[sent.host] ?? [.answer(200)]
            let behaviour = list.count > 1 ? list.removeFirst() : list[0]
            behaviours[sent.host] = list
            return behaviour
        }
    }

    private let state = Mutex(State())
    private let clock: ManualClock?
    private let wall: (any WallClock)?

    /// `wall`: dates the results; `clock` unless given.
    init(clock: ManualClock? = nil, wall: (any WallClock)? = nil) {
        self.clock = clock
        self.wall = wall ?? clock
    }

    /// Each request takes the next behaviour; the last one stays.
    ///
    /// The default answers 200.
    func set(_ host: String, _ behaviours: Behaviour...) {
        state.withLock { state in
            state.deciding[host] = nil
            state.behaviours[host] = behaviours
        }
    }

    /// What a host does with each request from now on.
    func decide(_ host: String, _ decide: @escaping @Sendable (Sent) -> Behaviour) {
        state.withLock { $0.deciding[host] = decide }
    }

    var sent: [Sent] { state.withLock { $0.sent } }
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
        for completion in held { end(.answer(status), completion) }
    }

    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        let sent = Sent(
            host: String(request.url.dropFirst(7).prefix { $0 != "." }),
            attempt: Int(request.headers[first: "martlet-attempt"] ?? "") ?? 0,
            eventID: request.headers[first: "webhook-id"] ?? "",
            at: clock?.now() ?? Timestamp(milliseconds: 0),
            delivery: request.headers[first: "martlet-delivery"] ?? "",
            timestamp: request.headers[first: "webhook-timestamp"] ?? "",
            body: request.body
        )
        let behaviour = state.withLock { state in
            state.sent.append(sent)
            let behaviour = state.next(sent)
            if case .hang = behaviour { state.hanging[sent.host, default: []].append(completion) }
            return behaviour
        }
        end(behaviour, completion)
    }

    private func end(_ behaviour: Behaviour, _ completion: @Sendable (AttemptResult) -> Void) {
        var result: AttemptResult
        switch behaviour {
        case .answer(let status, let retryAfter):
            result = ScriptedTransport.answered(status, headers: retryAfter.map { [("Retry-After", $0)] } ?? [])
        case .fail(let failure): result = ScriptedTransport.failed(failure)
        case .hang: return
        }
        if let wall { result.startedAt = wall.now() }
        completion(result)
    }
}
