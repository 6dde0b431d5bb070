import CLinux
// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Glibc
package import MartletCore
package import MartletRuntime
package import MartletWire
import Synchronization

/// A real HTTP/1.1 server on a free loopback port that behaves, well or badly, as its script says.
///
/// Each connection has a thread with blocking reads, so that nothing here shares code with what it tests.
package final class ScriptedServer: Sendable {
    /// A request as it came.
    package struct Request: Sendable {
        /// From 1, in order of accepting.
        package var connection: Int
        package var method: String
        package var target: String
        package var headers: HeaderFields
        /// Request line and headers as sent, the empty line included.
        package var head: [UInt8]
        package var body: [UInt8]
    }

    /// What the server does with a request.
    package enum Behaviour: Sendable {
        /// A complete answer with its length; the connection stays open.
        case answer(status: Int, headers: [(String, String)] = [], body: [UInt8] = [])
        /// Exactly these bytes; the connection stays open.
        case raw([UInt8])
        /// Exactly these bytes, then an orderly close.
        case rawThenClose([UInt8])
        /// Nothing, until the peer or the test ends the connection.
        case hang
        /// These bytes, then a TCP reset.
        case reset(after: [UInt8])
        /// These bytes one at a time with a pause before each; the connection stays open.
        case drip([UInt8], every: Duration)
        /// 200 to `CONNECT`, then bytes both ways between the peer and that port of 127.0.0.1 until either ends.
        case tunnel(to: UInt16)
        /// These bytes, then the chunk again and again until the peer has enough.
        case endless(head: [UInt8], chunk: [UInt8])

        package static let ok = Behaviour.answer(status: 200, body: Array("ok".utf8))

        package static func redirect(to url: String) -> Behaviour {
            .answer(status: 302, headers: [("Location", url)])
        }

        /// An answer whose header block has about that many bytes, in lines of about 1,000 bytes each.
        package static func hugeHeaders(_ bytes: Int) -> Behaviour {
            let filler = String(repeating: "x", count: 990)
            return .answer(status: 200, headers: (0..<max(bytes / 1000, 1)).map { ("X-Filler-\($0)", filler) })
        }
    }

    struct State {
        var requests: [Request] = []
        var accepted = 0
        var open: Set<Int32> = []
        var isStopped = false
        var waiters: [(count: Int, wait: Wait)] = []
    }

    package let port: UInt16
    private let host: IPAddress
    let state = Mutex(State())
    let script: @Sendable (Request) -> Behaviour
    let greeting: [UInt8]
    private let refuses: @Sendable (Int) -> Bool
    private let listener: Int32
    private let threads = DispatchGroup()

    /// Binds a loopback port and serves until `stop`.
    ///
    /// - Parameters:
    ///   - host: the address to bind, 127.0.0.1 by default; all of 127.0.0.0/8 is loopback.
    ///   - port: the port to bind; 0, the default, lets the system choose.
    ///   - refuses: given the connection's number from 1; true resets it as soon as it is accepted.
    ///   - greeting: sent on every connection before anything is read.
    ///   - script: what to do with each request; called on the connection's thread. Default: 200 `ok`.
    /// - Throws: `SystemError`.
    package init(
        host: IPAddress = .loopback,
        port: UInt16 = 0,
        refuses: @escaping @Sendable (Int) -> Bool = { _ in false },
        greeting: [UInt8] = [],
        script: @escaping @Sendable (Request) -> Behaviour = { _ in .ok }
    ) throws(SystemError) {
        (listener, self.port) = try LoopbackSocket.bind(host: host, port: port)
        self.host = host
        self.refuses = refuses
        self.greeting = greeting
        self.script = script
        guard listen(listener, 512) == 0 else {
            let code = errno
            close(listener)
            throw SystemError(operation: "listen", code: code)
        }
        run { $0.acceptConnections() }
    }

    /// The server's URL with a path.
    package func url(_ path: String = "/") -> String { "http://\(host):\(port)\(path)" }

    /// Every complete request so far, in order of arrival.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// Connections accepted so far.
    package var connections: Int { state.withLock { $0.accepted } }

    /// Connections that are open now.
    package var openConnections: Int { state.withLock { $0.open.count } }

    /// Waits until at least that many requests have come; returns all so far.
    @discardableResult
    package func waitForRequests(_ count: Int) async -> [Request] {
        await Wait.until("\(count) requests at the scripted server") { wait in
            state.withLock { state in
                if state.requests.count >= count { return true }
                state.waiters.append((count, wait))
                return false
            }
        }
        return requests
    }

    /// Ends every connection and returns when all threads have ended.
    ///
    /// Calling it again does nothing.
    package func stop() {
        let isFirst = state.withLock { state in
            if state.isStopped { return false }
            state.isStopped = true
            // Wakes the threads; each closes its own descriptor.
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return true
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        if threads.wait(timeout: .now() + .seconds(60)) == .timedOut {
            Wait.failed("the threads of the scripted server, one of which is held by its script")
        }
        close(listener)
    }

    private func run(_ body: @escaping @Sendable (ScriptedServer) -> Void) {
        threads.enter()
        Thread.detachNewThread {
            body(self)
            self.threads.leave()
        }
    }

    private func acceptConnections() {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard descriptor >= 0 else { return }
            let number: Int? = state.withLock { state in
                guard !state.isStopped else { return nil }
                state.accepted += 1
                state.open.insert(descriptor)
                return state.accepted
            }
            guard let number else {
                close(descriptor)
                return
            }
            if refuses(number) {
                end(descriptor, withReset: true)
            } else {
                run { server in
                    server.serve(descriptor, number)
                }
            }
        }
    }

    /// Closes under the lock, so that `stop` never shuts down a descriptor that has been given to someone else.
    func end(_ descriptor: Int32, withReset: Bool) {
        if withReset {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        state.withLock { state in
            state.open.remove(descriptor)
            _ = close(descriptor)
        }
    }
}

/// A loopback port that refuses connections for as long as this value lives: bound, never listening.
package final class RefusingPort: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    /// - Throws: `SystemError`.
    package init() throws(SystemError) { (descriptor, port) = try LoopbackSocket.bind() }

    deinit { close(descriptor) }

    package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }
}

private enum LoopbackSocket {
    /// A TCP socket bound to a port of an IPv4 address; a free one if `port` is 0.
    static func bind(host: IPAddress = .loopback, port: UInt16 = 0) throws(SystemError) -> (
        descriptor: Int32, port: UInt16
    ) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw SystemError(operation: "socket", code: errno) }
        // A port that is asked for may have been a connection's just now, whose end the system still remembers.
        if port != 0 {
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: host.bytes.prefix(4)) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            guard Glibc.bind(descriptor, pointer, length) == 0 else { return Int32(-1) }
            return getsockname(descriptor, pointer, &length)
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError(operation: "bind", code: code)
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
