// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletTesting
import Testing

/// Draining begins with `Task.immediate`: a task that waits for a thread of its own could wait for the test, whose
/// blocking client occupies one of very few.
@Suite(.timeLimit(.minutes(1))) struct ListenerDrainTests {
    static let get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func finishesARunningRequestAndClosesIdleConnections() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let idle = try server.client()
        let busy = try server.client()
        try await server.waitForConnections(2)
        try busy.send(Self.get)
        let reply = try await held.next().reply
        let drained = Task.immediate { await server.stop() }
        // Its end says that draining has begun.
        #expect(try idle.readToEnd().isEmpty)
        #expect(throws: RawClient.Failure.self) { try server.client() }
        reply.send(.text(200, "done"))
        let response = try busy.readResponse()
        #expect(response.body == "done")
        #expect(response.closes)
        #expect(try busy.readToEnd().isEmpty)
        await drained.value
    }

    /// The first half of a request counts as running: the handler gets it and the client its answer.
    @Test func finishesARequestThatIsBeingReceived() async throws {
        let server = try await ListenerHarness.start()
        let idle = try server.client()
        let partial = try server.client()
        // The 100 says that the listener has read the head.
        try partial.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        #expect(try partial.readResponse().status == 100)
        let drained = Task.immediate { await server.stop() }
        #expect(try idle.readToEnd().isEmpty)
        try partial.send("body")
        let response = try partial.readResponse()
        #expect(response.body == "POST /p body")
        #expect(response.closes)
        await drained.value
    }

    @Test func cutsOffWhatTakesTooLong() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let client = try server.client()
        try client.send(Self.get)
        let reply = try await held.next().reply
        await server.stop(within: .milliseconds(50))
        #expect(try client.readToEnd().isEmpty)
        reply.send(.text(200, "too late"))
    }

    @Test func returnsAtOnceWithoutConnections() async throws {
        let server = try await ListenerHarness.start()
        await server.stop()
        await server.listener.drain(within: .seconds(20))
    }
}
