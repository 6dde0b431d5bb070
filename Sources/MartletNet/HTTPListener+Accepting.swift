// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MartletCore
import MartletRuntime

extension HTTPListener {
    /// Connections accepted in one round, so that those at hand get their turn in between.
    private static let acceptsPerRound = 64
    /// Refused connections that linger; more are closed without waiting for their bytes.
    private static let lingeringSurplus = 128

    func acceptAll() {
        for _ in 0..<Self.acceptsPerRound {
            guard socket >= 0 else { return }
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutableBytes(of: &storage) { raw in
                raw.withMemoryRebound(to: sockaddr.self) { martlet_accept4(socket, $0.baseAddress, &length) }
            }
            if descriptor >= 0 {
                admit(descriptor, peer: ListenAddress(storage)?.host)
                continue
            }
            switch errno {
            case EAGAIN: return
            // No descriptor or memory to be had. The clients wait in the backlog until the next tick; going on at
            // once would spin, because the socket stays readable.
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return pauseAccepting()
            // accept(2): errors of the connection that was to be accepted; the next one may be well.
            default: continue
            }
        }
    }

    private func admit(_ descriptor: Int32, peer: IPAddress?) {
        guard let peer else {
            Glibc.close(descriptor)
            return
        }
        var on: Int32 = 1
        // An answer is one write; Nagle's algorithm could only delay it.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let refusal = refusal(of: peer)
        let connection = Connection(
            descriptor: descriptor,
            peer: peer,
            isSurplus: refusal != nil,
            deadline: Self.now() + Self.nanoseconds(limits.idle)
        )
        do {
            try loop.assumeIsolated { loop in
                try loop.watch(descriptor, for: .read) { readiness in
                    self.assumeIsolated { $0.ready(at: descriptor, readiness) }
                }
            }
        } catch {
            Glibc.close(descriptor)
            return
        }
        while connections.count <= Int(descriptor) { connections.append(nil) }
        connections[Int(descriptor)] = connection
        connectionCount += 1
        startTimer()
        guard let refusal else {
            countByAddress[peer, default: 0] += 1
            return
        }
        surplusCount += 1
        refuse(connection, refusal, retryAfter: true)
        if surplusCount > Self.lingeringSurplus { drop(connection) }
    }

    /// Looks the connection up when the event comes, so that the loop's table does not keep it.
    private func ready(at descriptor: Int32, _ readiness: EventLoop.Readiness) {
        guard let connection = connections[Int(descriptor)] else { return }
        ready(connection, readiness)
    }

    /// The status that turns a newcomer away; nil when there is room.
    private func refusal(of peer: IPAddress) -> Int? {
        if connectionCount - surplusCount >= limits.connections { return 503 }
        if countByAddress[peer, default: 0] < limits.connectionsPerAddress { return nil }
        return limits.exempt.contains { $0.contains(peer) } ? nil : 429
    }

    private func pauseAccepting() {
        acceptIsPaused = true
        let socket = socket
        // Should even this fail, the listener accepts again on the next event, which comes at once.
        try? loop.assumeIsolated { try $0.change(socket, to: []) }
        startTimer()
    }

    func resumeAccepting() {
        guard acceptIsPaused, socket >= 0 else { return }
        acceptIsPaused = false
        let socket = socket
        try? loop.assumeIsolated { try $0.change(socket, to: .read) }
    }
}
