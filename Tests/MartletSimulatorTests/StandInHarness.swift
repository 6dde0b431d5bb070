// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletNet
import MartletRuntime
import MartletWire

@testable import MartletSimulator

/// A stand-in behind a real listener, with the real HTTP client to ask it.
struct ServedStandIn: Sendable {
    let base: String
    let tools: PollTools

    var now: Timestamp { SystemClock().now() }

    /// Asks as a merchant would.
    func ask(
        _ method: String,
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws -> (status: Int, object: JSONObject) {
        let request = OutboundRequest(
            method: method,
            url: base + path,
            headers: HeaderFields(headers),
            body: body,
            egress: .everywhere,
            bodyLimit: 1 << 20
        )
        let result = await tools.transport.answer(to: request)
        guard case .answered(let status) = result.outcome else { return (0, JSONObject()) }
        return (status, try JSONReader.readObject(result.body).object)
    }
}

struct NoPrograms: ProgramRunner {
    func run(_ program: ProgramRun) async -> ProgramOutcome { .notStarted("no programs in this test") }
}

/// Runs a body with the stand-in served on a free port.
func withServed<Value>(
    _ standIn: any ProviderStandIn,
    _ body: (ServedStandIn) async throws -> Value
) async throws -> Value {
    let loop = try EventLoop(label: "martlet.test.simulator")
    let curl = CurlTransport(loop: loop)
    let listener = HTTPListener(
        loop: loop,
        address: ListenAddress(host: .loopback, port: 0),
        limits: HTTPLimits(),
        handler: { $1.send(standIn.answer($0, at: SystemClock().now()).response) }
    )
    let address = try await listener.start()
    let tools = PollTools(transport: curl, programs: NoPrograms())
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(ServedStandIn(base: "http://\(address)", tools: tools)))
    } catch {
        result = .failure(error)
    }
    await listener.drain(within: .zero)
    await curl.shutDown()
    await loop.shutDown()
    return try result.get()
}

extension ProviderNotification {
    /// As the gateway takes it in.
    func callback(at now: Timestamp) -> Callback {
        Callback(method: "POST", headers: headers, body: body, sourceAddress: .loopback, receivedAt: now)
    }
}

extension JSONObject {
    var bytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for member in members { json.member(of: member.name, member.value.string) }
        json.endObject()
        return json.bytes
    }
}

extension JSONValue {
    /// The value at a path of members.
    func at(_ path: String...) -> JSONValue? {
        path.reduce(Optional(self)) { value, name in value?.object?[name] }
    }
}

extension PollAnswer {
    /// The watch after this answer.
    func applied(to watch: Watch) -> Watch {
        var watch = watch
        watch.memory = memory
        return watch
    }
}
