// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletCore
import MartletNet
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

/// A listener on a free port, with what tests ask of it.
struct ListenerHarness {
    let listener: HTTPListener
    let port: UInt16

    /// Answers with method, path and body, so that a test sees what the handler saw.
    static let echo: HTTPListener.Handler = { request, reply in
        reply.send(.text(200, "\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))"))
    }

    static func start(
        _ limits: HTTPLimits = HTTPLimits(),
        handler: @escaping HTTPListener.Handler = echo
    ) async throws -> ListenerHarness {
        let loop = try EventLoop(label: "martlet.test.loop")
        let listener = HTTPListener(
            loop: loop,
            address: ListenAddress(host: .loopback, port: 0),
            limits: limits,
            handler: handler
        )
        let bound = try await listener.start()
        return ListenerHarness(listener: listener, port: bound.port)
    }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Sends bytes on a connection of their own; everything that came back until the listener closed.
    func exchange(_ bytes: String) throws -> String {
        let client = try client()
        try client.send(bytes)
        client.finishSending()
        return try client.readToEnd()
    }

    /// Ends the listener and checks that it leaves no descriptor and no connection.
    func stop(within limit: Duration = .seconds(20)) async {
        await listener.drain(within: limit)
        #expect(await listener.openConnections == 0)
        // Another test's listener may be given the free port for a while; a descriptor that leaked stays for good.
        let deadline = ContinuousClock.now + .seconds(20)
        while Self.serverDescriptors(port) > 0, ContinuousClock.now < deadline { await Task.yield() }
        #expect(Self.serverDescriptors(port) == 0)
        await listener.loop.shutDown()
    }

    /// Waits until the listener has as many connections, which the closing client cannot see.
    func waitForConnections(_ count: Int) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        var open = await listener.openConnections
        while open != count {
            try #require(clock.now < deadline, "still \(open) connections")
            await Task.yield()
            open = await listener.openConnections
        }
    }

    /// Descriptors of this process whose local port is the listener's: its socket and what it accepted.
    ///
    /// Counting all descriptors would count those of tests that run at the same time.
    static func serverDescriptors(_ port: UInt16) -> Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name) else { continue }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutableBytes(of: &address) { raw in
                raw.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
            }
            let isInternet = status == 0 && Int32(address.sin_family) == AF_INET
            if isInternet, UInt16(bigEndian: address.sin_port) == port { count += 1 }
        }
        return count
    }
}

/// Requests that a test answers itself, when it likes.
final class HeldRequests: Sendable {
    private let held = Mutex<[(request: HTTPRequest, reply: HTTPReply)]>([])
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() { (arrivals, arrived) = AsyncStream.makeStream() }

    var handler: HTTPListener.Handler {
        { request, reply in
            self.held.withLock { $0.append((request, reply)) }
            self.arrived.yield()
        }
    }

    var count: Int { held.withLock { $0.count } }

    /// Waits for the next request and takes it.
    func next() async throws -> (request: HTTPRequest, reply: HTTPReply) {
        for await _ in arrivals { break }
        return try #require(held.withLock { $0.isEmpty ? nil : $0.removeFirst() })
    }
}
