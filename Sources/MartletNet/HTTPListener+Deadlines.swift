// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import MartletRuntime

extension HTTPListener {
    /// Nanoseconds of the monotonic clock, a few milliseconds coarse.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        // Longer than a century is for ever.
        guard seconds >= 0, seconds < 3_200_000_000 else { return seconds < 0 ? 0 : 1 << 61 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    /// Starts the one timer, which ticks while there are connections to watch.
    ///
    /// A deadline is kept to within a tick: an eighth of the shortest limit, 10 ms at least, 1 s at most.
    func startTimer() {
        guard timer == nil else { return }
        let shortest = min(limits.idle, limits.request, limits.heartbeat)
        let tick = Int(min(max(Self.nanoseconds(shortest) / 8, 10_000_000), 1_000_000_000))
        let source = DispatchSource.makeTimerSource(queue: loop.queue)
        source.schedule(deadline: .now() + .nanoseconds(tick), repeating: .nanoseconds(tick))
        source.setEventHandler { [weak self] in self?.assumeIsolated { $0.tick() } }
        source.activate()
        timer = source
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    private func tick() {
        resumeAccepting()
        guard connectionCount > 0 else { return stopTimer() }
        let now = Self.now()
        // By index: a connection that expires leaves the table.
        for index in connections.indices {
            guard let connection = connections[index], connection.deadline <= now else { continue }
            expire(connection)
        }
    }

    private func expire(_ connection: Connection) {
        switch connection.phase {
        case .receiving: refuse(connection, 408)
        case .streaming: streamIsSilent(connection)
        case .idle, .writing, .lingering, .handling: drop(connection)
        }
    }

    /// Stops accepting and lets what runs finish.
    ///
    /// Idle connections are closed at once, streamed bodies end with their last words. A request that runs or is being received is answered with
    /// `Connection: close`; what is not over when the time is up is cut off. Returns when no connection is left.
    package func drain(within limit: Duration) async {
        isDraining = true
        stopListening()
        for connection in connections {
            switch connection?.phase {
            case .idle: if let connection { drop(connection) }
            case .streaming: connection?.stream?.close(.drained)
            default: break
            }
        }
        guard connectionCount > 0 else { return endDrain() }
        let deadline = DispatchTime.now() + .nanoseconds(Int(Self.nanoseconds(limit)))
        loop.queue.asyncAfter(deadline: deadline) { [weak self] in self?.assumeIsolated { $0.cutOff() } }
        await withCheckedContinuation { drainWaiters.append($0) }
    }

    private func stopListening() {
        guard socket >= 0 else { return }
        let descriptor = socket
        socket = -1
        loop.assumeIsolated { $0.unwatch(descriptor) }
        close(descriptor)
    }

    private func cutOff() {
        for connection in connections { if let connection { drop(connection) } }
    }

    func endDrain() {
        stopTimer()
        let waiters = drainWaiters
        drainWaiters = []
        for waiter in waiters { waiter.resume() }
    }
}
