// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletTesting
import MartletWire
import Synchronization
import Testing

/// Runs a body with a transport on its own loop and shuts both down.
func withTransport<Value>(
    limits: CurlLimits = CurlLimits(),
    clock: any WallClock = SystemClock(),
    caFile: String? = nil,
    _ body: (CurlTransport) async throws -> Value
) async throws -> Value {
    let loop = try EventLoop(label: "martlet.delivery.loop")
    let transport = CurlTransport(loop: loop, limits: limits, clock: clock, caFile: caFile)
    do {
        let value = try await body(transport)
        await transport.shutDown()
        await loop.shutDown()
        return value
    } catch {
        await transport.shutDown()
        await loop.shutDown()
        throw error
    }
}

/// How a test's server behaves.
enum ServerScript {
    case always(ScriptedServer.Behaviour)
    /// A path that is not listed gets 200 `ok`.
    case byPath([String: ScriptedServer.Behaviour])
    /// Every connection is reset as soon as it is accepted.
    case refusing
    /// A connection's first request is answered and its second one makes a reset.
    case firstRequestOnly
    /// These bytes are sent before the client says anything.
    case greeting(String)

    func server() throws -> ScriptedServer {
        switch self {
        case .always(let behaviour): return try ScriptedServer(script: { _ in behaviour })
        case .byPath(let behaviours): return try ScriptedServer(script: { behaviours[$0.target] ?? .ok })
        case .greeting(let text): return try ScriptedServer(greeting: Array(text.utf8))
        case .firstRequestOnly:
            let served = Mutex<Set<Int>>([])
            return try ScriptedServer(script: { request in
                served.withLock { $0.insert(request.connection).inserted } ? .ok : .reset(after: [])
            })
        case .refusing: return try ScriptedServer(refuses: { _ in true })
        }
    }
}

/// Runs a body with a scripted server and stops it.
func withServer<Value>(
    _ script: ServerScript = .always(.ok),
    _ body: (ScriptedServer) async throws -> Value
) async throws -> Value {
    let server = try script.server()
    defer { server.stop() }
    return try await body(server)
}

extension EgressPolicy {
    /// Tests talk to the loopback, which deliveries otherwise must not reach.
    static let loopback = EgressPolicy(allowed: ["127.0.0.0/8", "::1"].compactMap(AddressBlock.init))
}

extension OutboundRequest {
    static func test(
        _ url: String,
        method: String = "POST",
        headers: [(String, String)] = [],
        body: String = "{}",
        timeout: Duration = .seconds(30),
        egress: EgressPolicy = .loopback,
        tls: EndpointTLS? = nil,
        proxy: EgressProxy? = nil,
        bodyLimit: Int = AttemptResult.bodyLimit
    ) -> OutboundRequest {
        OutboundRequest(
            method: method,
            url: url,
            headers: HeaderFields(headers),
            body: Array(body.utf8),
            timeout: timeout,
            egress: egress,
            tls: tls,
            proxy: proxy,
            bodyLimit: bodyLimit
        )
    }
}

extension CurlTransport {
    nonisolated func result(of request: OutboundRequest) async -> AttemptResult {
        await Wait.value("the result of a request to \(request.url)") { done in
            send(request) { done($0) }
        }
    }

    /// Sends all at once; results in the order of the requests.
    nonisolated func results(of requests: [OutboundRequest]) async -> [AttemptResult] {
        await withTaskGroup(of: (Int, AttemptResult).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, await self.result(of: request)) }
            }
            var results: [Int: AttemptResult] = [:]
            for await (index, result) in group { results[index] = result }
            return results.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A folder for one test, removed afterwards.
func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
