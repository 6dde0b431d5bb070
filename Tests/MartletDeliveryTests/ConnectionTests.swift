// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

@Suite("Connections, order and the end", .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func oneConnectionServesOneRequestAfterAnother() async throws {
        try await withServer { server in
            try await withTransport { transport in
                for _ in 0..<100 { _ = await transport.result(of: .test(server.url())) }
            }
            #expect(server.requests.count == 100)
            #expect(server.connections == 1)
        }
    }

    @Test func requestsRunInParallel() async throws {
        try await withServer(.always(.hang)) { server in
            try await withTransport { transport in
                for _ in 0..<64 { transport.send(.test(server.url())) { _ in } }
                await server.waitForRequests(64)
                #expect(server.connections == 64)
            }
        }
    }

    @Test func transfersBeyondTheLimitWaitInOrder() async throws {
        try await withServer { server in
            var limits = CurlLimits()
            limits.runningTransfers = 1
            try await withTransport(limits: limits) { transport in
                let finished = Mutex<[Int]>([])
                await Wait.value("the last of 3000 transfers") { done in
                    for index in 0..<3000 {
                        transport.send(.test(server.url("/\(index)"))) { _ in
                            finished.withLock { $0.append(index) }
                            if index == 2999 { done(()) }
                        }
                    }
                }
                #expect(finished.withLock { $0 } == Array(0..<3000))
            }
            #expect(server.requests.map(\.target) == (0..<3000).map { "/\($0)" })
            #expect(server.connections == 1)
        }
    }

    @Test func connectionsToOneHostAreBounded() async throws {
        try await withServer { server in
            var limits = CurlLimits()
            limits.connectionsPerHost = 3
            try await withTransport(limits: limits) { transport in
                let results = await transport.results(of: (0..<100).map { _ in .test(server.url()) })
                #expect(results.allSatisfy { $0.outcome == .answered(status: 200) })
            }
            #expect(server.connections <= 3)
        }
    }

    @Test func completionsArriveOnTheLoopsQueue() async throws {
        try await withServer { server in
            try await withTransport { transport in
                await Wait.value("the completion") { done in
                    transport.send(.test(server.url())) { _ in
                        transport.preconditionIsolated()
                        done(())
                    }
                }
            }
        }
    }

    @Test func completionMaySendAgain() async throws {
        try await withServer { server in
            try await withTransport { transport in
                await Wait.value("the last of a chain of requests") { done in
                    chain(transport, server.url(), 50) { done(()) }
                }
            }
            #expect(server.requests.count == 50)
        }
    }

    @Test func shutDownEndsWhatRunsAndWhatWaits() async throws {
        try await withServer(.always(.hang)) { server in
            var limits = CurlLimits()
            limits.runningTransfers = 20
            let results = Mutex<[AttemptResult]>([])
            try await withTransport(limits: limits) { transport in
                for _ in 0..<50 {
                    transport.send(.test(server.url())) { result in results.withLock { $0.append(result) } }
                }
                await server.waitForRequests(20)
                await transport.shutDown()
                let ended = results.withLock { $0 }
                #expect(ended.count == 50)
                #expect(ended.allSatisfy { $0.outcome == .failed(.other) })
                let late = await transport.result(of: .test(server.url()))
                #expect(late.outcome == .failed(.other))
                #expect(late.detail == "the transport is shut down")
            }
            #expect(descriptors(connectedTo: server.port) == 0)
        }
    }

    @Test func shutDownDoesNotWaitForAResolver() async throws {
        try await withTransport { transport in
            for index in 0..<20 { transport.send(.test("http://name-\(index).invalid/")) { _ in } }
            await transport.shutDown()
        }
    }

    @Test func transportIsFreedAfterShutDown() async throws {
        weak var transport: CurlTransport?
        try await withServer { server in
            try await withTransport { running in
                transport = running
                _ = await running.result(of: .test(server.url()))
            }
        }
        #expect(transport == nil)
    }

    private static let mixed: [String: ScriptedServer.Behaviour] = [
        "/hang": .hang,
        "/reset": .reset(after: Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".utf8)),
        "/endless": .endless(
            head: Array("HTTP/1.1 200 OK\r\n\r\n".utf8),
            chunk: [UInt8](repeating: 1, count: 999)
        ),
        "/headers": .hugeHeaders(100_000),
        "/close": .rawThenClose(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)),
    ]

    @Test func mixedTransfersLeaveNoDescriptorBehind() async throws {
        let refusing = try RefusingPort()
        try await withServer(.byPath(Self.mixed)) { server in
            let paths = ["/", "/hang", "/reset", "/endless", "/headers", "/close"]
            var limits = CurlLimits()
            limits.connectionsPerHost = 128
            try await withTransport(limits: limits) { transport in
                var requests = (0..<600).map { index in
                    OutboundRequest.test(server.url(paths[index % paths.count]), timeout: .milliseconds(500))
                }
                requests += (0..<50).map { _ in .test(refusing.url()) }
                requests += (0..<50).map { _ in .test(server.url(), egress: EgressPolicy()) }
                requests += (0..<20).map { .test("http://name-\($0).invalid/") }
                let results = await transport.results(of: requests)
                #expect(results.count == 720)
                #expect(descriptors(connectedTo: server.port) <= 128)
                let after = await transport.result(of: .test(server.url()))
                #expect(after.outcome == .answered(status: 200))
            }
            #expect(descriptors(connectedTo: server.port) == 0)
        }
    }
}

private func chain(_ transport: CurlTransport, _ url: String, _ count: Int, done: @escaping @Sendable () -> Void) {
    transport.send(.test(url)) { _ in
        if count == 1 { done() } else { chain(transport, url, count - 1, done: done) }
    }
}

/// This process's sockets with that peer port on the loopback.
///
/// Other tests run at the same time, so the number of all descriptors says nothing.
private func descriptors(connectedTo port: UInt16) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return names.compactMap { Int32($0) }.count { descriptor in
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) {
            getpeername(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return status == 0 && address.sin_family == AF_INET && UInt16(bigEndian: address.sin_port) == port
    }
}
