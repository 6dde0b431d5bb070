// SPDX-License-Identifier: Apache-2.0
import CLinux
import Dispatch
import Glibc
package import MartletCore
package import MartletRuntime

/// An HTTP/1.1 server on an event loop (RFC 9110, RFC 9112).
///
/// Shares the loop's executor: descriptors' events, timers and replies all arrive on the loop's queue. A started
/// listener is kept alive by the loop until it has drained.
package actor HTTPListener {
    /// Called on the loop's queue; must not block, and answers through the reply, now or later.
    package typealias Handler = @Sendable (HTTPRequest, HTTPReply) -> Void

    /// Told of each request that the listener refuses by itself, with the status; called on the loop's queue.
    package typealias RefusalObserver = @Sendable (_ status: Int, _ peer: IPAddress) -> Void

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }

    let address: ListenAddress
    let limits: HTTPLimits
    let handler: Handler
    let refused: RefusalObserver?
    let parser = RequestParser()

    /// -1 while not listening.
    var socket: Int32 = -1
    var acceptIsPaused = false
    var replies: Mailbox<HTTPReply.Answer>?
    /// By descriptor.
    var connections: [Connection?] = []
    var connectionCount = 0
    var surplusCount = 0
    var countByAddress: [IPAddress: Int] = [:]
    var lastSerial: UInt64 = 0
    var timer: (any DispatchSourceTimer)?
    var isDraining = false
    var drainWaiters: [CheckedContinuation<Void, Never>] = []
    /// Shared by all connections: reads and answers are over before the next one begins.
    let readBuffer = ReadBuffer()
    var answerBuffer: [UInt8] = []

    /// A listener that does not listen yet; an address with port 0 lets the system choose.
    package init(
        loop: EventLoop,
        address: ListenAddress,
        limits: HTTPLimits,
        refused: RefusalObserver? = nil,
        handler: @escaping Handler
    ) {
        self.refused = refused
        self.loop = loop
        self.address = address
        self.limits = limits
        self.handler = handler
    }

    /// Connections that are open now, those being refused included.
    package var openConnections: Int { connectionCount }

    /// Binds, listens and accepts.
    ///
    /// - Returns: the bound address, its port resolved.
    /// - Throws: `ListenError`, which names address, cause and remedy.
    package func start() throws(ListenError) -> ListenAddress {
        precondition(socket < 0 && !isDraining, "a listener starts once")
        let family = address.host.isIPv4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(family, type, 0)
        guard descriptor >= 0 else { throw failure("socket") }
        do throws(ListenError) {
            let bound = try bindAndListen(descriptor)
            try watchForConnections(descriptor)
            replies = Mailbox(queue: loop.queue) { [weak self] batch in
                self?.assumeIsolated { $0.deliver(batch) }
            }
            socket = descriptor
            return bound
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private func watchForConnections(_ descriptor: Int32) throws(ListenError) {
        do {
            try loop.assumeIsolated { loop in
                try loop.watch(descriptor, for: .read) { _ in self.assumeIsolated { $0.acceptAll() } }
            }
        } catch {
            let cause = error as? SystemError ?? SystemError(operation: "epoll_ctl", code: EINVAL)
            throw ListenError(address: address, cause: cause)
        }
    }

    private func bindAndListen(_ descriptor: Int32) throws(ListenError) -> ListenAddress {
        var on: Int32 = 1
        // Bind again at once after a restart, while old connections are in TIME_WAIT (socket(7)).
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let status = address.withSocketAddress { bind(descriptor, $0, $1) }
        guard status == 0 else { throw failure("bind") }
        guard listen(descriptor, 1024) == 0 else { throw failure("listen") }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutableBytes(of: &storage) { raw in
            raw.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
        }
        guard named == 0, let bound = ListenAddress(storage) else { throw failure("getsockname") }
        return bound
    }

    private func failure(_ operation: String) -> ListenError {
        ListenError(address: address, cause: SystemError(operation: operation, code: errno))
    }

    /// A descriptor's event.
    func ready(_ connection: Connection, _ readiness: EventLoop.Readiness) {
        guard readiness.isDisjoint(with: [.failed, .hungUp]) else { return drop(connection) }
        switch connection.phase {
        case .writing: if readiness.contains(.writable) { flush(connection) }
        case .lingering: discard(connection)
        case .streaming:
            // Nobody is left to read it.
            if readiness.contains(.peerClosed) { return drop(connection) }
            if readiness.contains(.writable) { pump(connection) } else { setInterest(connection, .peerClosed) }
        // More bytes while a request runs stay in the socket: the client's sending waits, our memory does not grow.
        case .handling: setInterest(connection, [])
        case .idle, .receiving: receive(connection)
        }
    }

    /// Changes what a connection is watched for, if it changes.
    func setInterest(_ connection: Connection, _ interest: EventLoop.Interest) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        let descriptor = connection.descriptor
        do {
            try loop.assumeIsolated { try $0.change(descriptor, to: interest) }
        } catch {
            drop(connection)
        }
    }

    /// Closes a connection at once and forgets it; harmless when it is closed already.
    func drop(_ connection: Connection) {
        let descriptor = connection.descriptor
        guard connections[Int(descriptor)] === connection else { return }
        connections[Int(descriptor)] = nil
        connection.serial = 0
        connection.stream?.close(.gone)
        connection.stream = nil
        loop.assumeIsolated { $0.unwatch(descriptor) }
        Glibc.close(descriptor)
        connectionCount -= 1
        if connection.isSurplus {
            surplusCount -= 1
        } else if let count = countByAddress[connection.peer] {
            countByAddress[connection.peer] = count > 1 ? count - 1 : nil
        }
        if isDraining, connectionCount == 0 { endDrain() }
    }
}

/// A buffer for one read, allocated once and not initialised again for each.
final class ReadBuffer {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65536)
    deinit { bytes.deallocate() }
}
