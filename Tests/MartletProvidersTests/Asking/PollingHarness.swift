// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletTesting
import MartletWire
import Synchronization
import Testing

@testable import MartletProviders

/// No provider here runs programs.
struct NoPrograms: ProgramRunner {
    func run(_ program: ProgramRun) async -> ProgramOutcome { .notStarted("there are no programs here") }
}

/// The real HTTP client, with what it was asked to do; the tests' time limit is shorter than the providers'.
final class WatchedTransport: Transport {
    private let curl: CurlTransport
    private let sent = Mutex<[OutboundRequest]>([])

    init(_ curl: CurlTransport) { self.curl = curl }

    var requests: [OutboundRequest] { sent.withLock { $0 } }

    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        sent.withLock { $0.append(request) }
        var request = request
        request.timeout = .milliseconds(300)
        // A machine under load must not make a healthy server look slow.
        if !request.url.contains("/slow") { request.timeout = .seconds(30) }
        curl.send(request, completion: completion)
    }
}

/// Answers in order; 418 once they are used up.
final class Playback: Sendable {
    private let rest: Mutex<[ScriptedServer.Behaviour]>

    init(_ behaviours: [ScriptedServer.Behaviour]) { rest = Mutex(behaviours) }

    func append(_ behaviour: ScriptedServer.Behaviour) { rest.withLock { $0.append(behaviour) } }

    func next() -> ScriptedServer.Behaviour {
        rest.withLock { $0.isEmpty ? .answer(status: 418) : $0.removeFirst() }
    }
}

/// How a provider's stand-in answers.
struct StandIn: Sendable {
    let script: @Sendable (ScriptedServer.Request) -> ScriptedServer.Behaviour

    static func answering(
        _ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Behaviour
    ) -> StandIn {
        StandIn(script: script)
    }

    static func always(_ text: String, status: Int = 200) -> StandIn {
        StandIn { _ in .json(text, status: status) }
    }

    static func playing(_ playback: Playback) -> StandIn { StandIn { _ in playback.next() } }
}

/// Runs a body with a provider's stand-in on the loopback and the real HTTP client.
func withProvider<Value>(
    _ standIn: StandIn,
    _ body: (ScriptedServer, PollTools, WatchedTransport) async throws -> Value
) async throws -> Value {
    let server = try ScriptedServer(script: standIn.script)
    defer { server.stop() }
    return try await withTools { try await body(server, $0, $1) }
}

/// Runs a body with the real HTTP client alone.
func withTools<Value>(_ body: (PollTools, WatchedTransport) async throws -> Value) async throws -> Value {
    let loop = try EventLoop(label: "martlet.delivery.loop")
    let curl = CurlTransport(loop: loop)
    let transport = WatchedTransport(curl)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(PollTools(transport: transport, programs: NoPrograms()), transport))
    } catch {
        result = .failure(error)
    }
    await curl.shutDown()
    await loop.shutDown()
    return try result.get()
}

extension ScriptedServer.Behaviour {
    static func json(_ text: String, status: Int = 200, headers: [(String, String)] = []) -> Self {
        .answer(status: status, headers: headers, body: Array(text.utf8))
    }
}

extension PollAnswer {
    var nextPoll: Timestamp? {
        if case .poll(let moment) = next { return moment }
        return nil
    }

    var isHold: Bool {
        if case .hold = next { return true }
        return false
    }

    /// The watch after this answer, as the engine keeps it.
    func applied(to watch: Watch) -> Watch {
        var watch = watch
        watch.memory = memory
        watch.lastOutcome = outcome
        watch.polls += 1
        watch.nextPollAt = nextPoll
        switch next {
        case .poll: break
        case .close: watch.state = .closed
        case .hold, .holdSource: watch.state = .held
        }
        return watch
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The three providers with what each needs to watch one order.
enum Asked: String, CaseIterable, CustomTestStringConvertible {
    case kryptoswap, cryptomus, spectrocoin

    static let secrets = ["order secret/1", "ipn-secret-1", "payment-key-1", "client-secret-1", "tok-secret"]
    var testDescription: String { rawValue }

    func provider(_ base: String) -> any WatchedProvider {
        let source = SourceID(provider: rawValue, id: "main")
        switch self {
        case .kryptoswap: return Kryptoswap(source: source, apiBase: base)
        case .cryptomus:
            return Cryptomus(
                source: source,
                paymentKey: Secret(text: "payment-key-1"),
                payoutKey: nil,
                apiBase: base,
                merchant: "m-1"
            )
        case .spectrocoin:
            let account = SpectroCoin.Account(
                clientID: "c-1",
                clientSecret: Secret(text: "client-secret-1"),
                apiBase: base
            )
            return SpectroCoin(source: source, account: account)
        }
    }

    var registration: String {
        switch self {
        case .kryptoswap:
            #"{"source":"kryptoswap/main","orderId":"5d8e6002b80b7b4cd75a6424","orderUID":"1409","orderSecret":"order secret/1","ipnSecret":"ipn-secret-1","merchantOrderId":"INV-1"}"#
        case .cryptomus: #"{"kind":"payment","uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"}"#
        case .spectrocoin: #"{"id":"5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"}"#
        }
    }

    /// What a healthy provider answers about the order, and about the token.
    func healthy(_ target: String) -> ScriptedServer.Behaviour {
        switch self {
        case .kryptoswap:
            .json(#"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1409,"status":"done"}}}"#)
        case .cryptomus:
            .json(
                #"{"state":0,"result":{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61","amount":"5","currency":"USDT","payment_status":"paid","is_final":true}}"#
            )
        case .spectrocoin where target.hasSuffix("/oauth/token"): Self.token
        case .spectrocoin: .json(#"{"orderId":"INV-1","status":"PAID"}"#)
        }
    }

    static let token = ScriptedServer.Behaviour.json(#"{"access_token":"tok-secret","expires_in":3600}"#)
}
