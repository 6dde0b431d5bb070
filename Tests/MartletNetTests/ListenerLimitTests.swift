// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import MartletCore
import MartletNet
import MartletRuntime
import MartletTesting
import MartletWire
import Testing

/// Time, number and size; and clients that go away.
@Suite(.timeLimit(.minutes(1))) struct ListenerLimitTests {
    static let get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n"

    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    @Test func closesAnIdleConnectionWithoutAWord() async throws {
        let server = try await ListenerHarness.start(limits { $0.idle = .milliseconds(400) })
        let fresh = try server.client()
        #expect(try fresh.readToEnd().isEmpty)
        let used = try server.client()
        try used.send(Self.get)
        #expect(try used.readResponse().status == 200)
        #expect(try used.readToEnd().isEmpty)
        try await server.waitForConnections(0)
        await server.stop()
    }

    @Test(arguments: ["GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbody"])
    func timesOutAnIncompleteRequest(_ start: String) async throws {
        let server = try await ListenerHarness.start(limits { $0.request = .milliseconds(80) })
        let client = try server.client()
        try client.send(start)
        let response = try client.readResponse()
        #expect(response.status == 408)
        #expect(response.closes)
        client.close()
        await server.stop()
    }

    /// A byte now and then does not renew the request's time.
    @Test func timesOutARequestThatDrips() async throws {
        let server = try await ListenerHarness.start(limits { $0.request = .milliseconds(200) })
        let client = try RawClient(port: server.port, patience: .milliseconds(20))
        var answer: RawClient.Response?
        try client.send("GET /")
        for _ in 0..<1000 where answer == nil {
            try client.send("a")
            // The wait for an answer is the pause between two bytes.
            do { answer = try client.readResponse() } catch RawClient.Failure.timedOut {}
        }
        #expect(answer?.status == 408)
        client.close()
        await server.stop()
    }

    @Test func givesAHandlerItsTime() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(
            limits {
                $0.request = .milliseconds(400)
                $0.idle = .milliseconds(400)
            },
            handler: held.handler
        )
        let client = try server.client()
        try client.send(Self.get)
        let reply = try await held.next().reply
        // Others come and expire meanwhile.
        for _ in 0..<2 { #expect(try server.client().readToEnd().isEmpty) }
        reply.send(.text(200, "late"))
        #expect(try client.readResponse().body == "late")
        client.close()
        await server.stop()
    }

    @Test func cutsOffAClientThatDoesNotRead() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(limits { $0.request = .milliseconds(80) }, handler: held.handler)
        let client = try server.client(receiveBuffer: 4096)
        try client.send(Self.get)
        let reply = try await held.next().reply
        reply.send(.text(200, String(repeating: "0123456789abcdef", count: 1_000_000)))
        try await server.waitForConnections(0)
        client.close()
        await server.stop()
    }

    @Test func turnsAwayConnectionsAboveTheLimit() async throws {
        let server = try await ListenerHarness.start(limits { $0.connections = 2 })
        let first = try server.client()
        let second = try server.client()
        for client in [first, second] {
            try client.send(Self.get)
            #expect(try client.readResponse().status == 200)
        }
        for _ in 0..<5 {
            let third = try server.client()
            try third.send(Self.get)
            let response = try third.readResponse()
            #expect(response.status == 503)
            #expect(response.headers[first: "Retry-After"] == "1")
            #expect(try third.readToEnd().isEmpty)
            third.close()
        }
        first.close()
        try await server.waitForConnections(1)
        let next = try server.client()
        try next.send(Self.get)
        #expect(try next.readResponse().status == 200)
        second.close()
        next.close()
        await server.stop()
    }

    @Test func limitsEachAddressButNotATrustedProxy() async throws {
        let block = try #require(AddressBlock("127.0.0.0/8"))
        for exempt in [[], [block]] {
            let server = try await ListenerHarness.start(
                limits {
                    $0.connectionsPerAddress = 1
                    $0.exempt = exempt
                }
            )
            let first = try server.client()
            try first.send(Self.get)
            #expect(try first.readResponse().status == 200)
            let second = try server.client()
            try second.send(Self.get)
            #expect(try second.readResponse().status == (exempt.isEmpty ? 429 : 200))
            first.close()
            second.close()
            await server.stop()
        }
    }

    /// The client sends all of a long body before it reads: closing at once would reset the connection and the 413.
    @Test func letsAClientThatKeepsSendingSeeTheRefusal() async throws {
        let server = try await ListenerHarness.start()
        let body = [UInt8](repeating: 0x78, count: 10_000_000)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        #expect(try client.readResponse().status == 413)
        #expect(try client.readToEnd().isEmpty)
        client.close()
        await server.stop()
    }

    @Test func endsTheLingeringOfAClientThatStays() async throws {
        let server = try await ListenerHarness.start(limits { $0.request = .milliseconds(80) })
        let client = try server.client()
        try client.send("BAD\r\n\r\n")
        #expect(try client.readResponse().status == 400)
        try await server.waitForConnections(0)
        client.close()
        await server.stop()
    }

    @Test func ignoresRepliesToClientsThatVanished() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        for isReset in [true, false] {
            let client = try server.client()
            try client.send(Self.get)
            let reply = try await held.next().reply
            if isReset {
                client.reset()
                try await server.waitForConnections(0)
            } else {
                client.close()
            }
            // The number may already belong to another connection, whose request is not this one.
            let other = try server.client()
            try other.send("GET /other HTTP/1.1\r\nHost: h\r\n\r\n")
            let otherReply = try await held.next().reply
            reply.send(.text(200, "to nobody"))
            otherReply.send(.text(200, "to the other"))
            #expect(try other.readResponse().body == "to the other")
            other.close()
            try await server.waitForConnections(0)
        }
        await server.stop()
    }

    @Test func forgetsAClientThatClosesInsideARequest() async throws {
        let server = try await ListenerHarness.start()
        for part in ["", "GET", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbody"] {
            #expect(try server.exchange(part).isEmpty)
        }
        try await server.waitForConnections(0)
        #expect(ListenerHarness.serverDescriptors(server.port) == 1)
        await server.stop()
    }

    @Test func namesTheAddressWhenItCannotListen() async throws {
        let server = try await ListenerHarness.start()
        let address = ListenAddress(host: .loopback, port: server.port)
        let second = HTTPListener(
            loop: server.listener.loop,
            address: address,
            limits: HTTPLimits(),
            handler: ListenerHarness.echo
        )
        let error = try await #require(throws: ListenError.self) { try await second.start() }
        #expect(error.cause.code == EADDRINUSE)
        #expect("\(error)".hasPrefix("cannot listen on 127.0.0.1:\(server.port): bind: Address already in use"))
        #expect("\(error)".contains("set `listen` to another port"))
        await server.stop()
    }

    /// Many containers have no IPv6 loopback address.
    private static let hasIPv6 =
        (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?
        .contains(String(repeating: "0", count: 31) + "1 ") == true

    @Test(.enabled(if: hasIPv6, "this machine has no ::1")) func listensOnIPv6() async throws {
        let loop = try EventLoop(label: "martlet.test.loop")
        let address = try #require(ListenAddress("[::1]:0"))
        let listener = HTTPListener(loop: loop, address: address, limits: HTTPLimits()) { request, reply in
            reply.send(.text(200, "\(request.peer)"))
        }
        let bound = try await listener.start()
        let client = try RawClient(port: bound.port, host: bound.host)
        try client.send(Self.get)
        #expect(try client.readResponse().body == "::1")
        client.close()
        await listener.drain(within: .seconds(20))
        await loop.shutDown()
    }
}
