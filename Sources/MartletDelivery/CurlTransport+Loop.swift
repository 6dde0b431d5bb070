// SPDX-License-Identifier: Apache-2.0
import CCurl
import Dispatch
import MartletRuntime

/// libcurl's sockets and timer on the event loop (libcurl-multi(3), "multi_socket").
extension CurlTransport {
    /// What is known of one descriptor number.
    struct Socket {
        /// Made once for each number.
        var handler: EventLoop.Handler?
        /// What the epoll set watches it for; nil if it is not in it.
        var interest: EventLoop.Interest?
        /// In the pool: no transfer waits for it.
        var isResting = false
        /// `closed` will be called for it.
        var isOurs = false
    }

    /// Initialises libcurl once for the process, which is not safe while other threads use it.
    static func initialiseLibrary() {
        precondition(isLibraryReady, "libcurl cannot be initialised")
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    static func configure(_ multi: UnsafeMutableRawPointer, limits: CurlLimits, context: UnsafeMutableRawPointer) {
        let codes = [
            martlet_curl_multi_setopt_socket(multi) { _, descriptor, what, context, _ in
                CurlTransport.from(context)?.assumeIsolated { $0.socketChanged(descriptor, what) }
                return 0
            },
            martlet_curl_multi_setopt_pointer(multi, CURLMOPT_SOCKETDATA, context),
            martlet_curl_multi_setopt_timer(multi) { _, milliseconds, context in
                CurlTransport.from(context)?.assumeIsolated { $0.timerChanged(milliseconds) }
                return 0
            },
            martlet_curl_multi_setopt_pointer(multi, CURLMOPT_TIMERDATA, context),
            martlet_curl_multi_setopt_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
            martlet_curl_multi_setopt_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsPerHost),
            martlet_curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, limits.cachedConnections),
        ]
        precondition(codes.allSatisfy { $0 == CURLM_OK }, "libcurl refused an option of the multi handle")
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransport? {
        context.map { Unmanaged<CurlTransport>.fromOpaque($0).takeUnretainedValue() }
    }

    private func socketChanged(_ descriptor: Int32, _ what: Int32) {
        let index = Int(descriptor)
        while sockets.count <= index { sockets.append(Socket()) }
        guard what != CURL_POLL_REMOVE else { return rest(descriptor) }
        var interest: EventLoop.Interest = []
        if what & CURL_POLL_IN != 0 { interest.insert(.read) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.write) }
        sockets[index].isResting = false
        if sockets[index].interest == interest { return }
        let handler = handler(for: descriptor)
        let isWatched = loop.assumeIsolated { loop in
            // A descriptor that cannot be watched makes its transfer run into its timeout, and no other.
            (try? loop.watch(descriptor, for: interest, handler: handler)) != nil
        }
        sockets[index].interest = isWatched ? interest : nil
    }

    /// A connection that goes back to the pool stays in the epoll set: the next request on it waits for the same.
    ///
    /// Only sockets that `CurlTransfer.openSocket` made, whose end `closed` hears of; the others (of the resolver) libcurl
    /// closes without a word.
    private func rest(_ descriptor: Int32) {
        let index = Int(descriptor)
        if sockets[index].isOurs, sockets[index].interest == .read {
            sockets[index].isResting = true
        } else {
            unwatch(descriptor)
        }
    }

    private func unwatch(_ descriptor: Int32) {
        sockets[Int(descriptor)].interest = nil
        sockets[Int(descriptor)].isResting = false
        loop.assumeIsolated { $0.unwatch(descriptor) }
    }

    /// libcurl has had a connection's socket made.
    func opened(_ descriptor: Int32) {
        let index = Int(descriptor)
        while sockets.count <= index { sockets.append(Socket()) }
        // A number that libcurl had closed without a word.
        if sockets[index].interest != nil { unwatch(descriptor) }
        sockets[index].isOurs = true
    }

    /// libcurl is about to close a connection's socket.
    func closed(_ descriptor: Int32) {
        guard sockets.indices.contains(Int(descriptor)) else { return }
        if sockets[Int(descriptor)].interest != nil { unwatch(descriptor) }
        sockets[Int(descriptor)].isOurs = false
    }

    private func handler(for descriptor: Int32) -> EventLoop.Handler {
        let index = Int(descriptor)
        if let handler = sockets[index].handler { return handler }
        let handler: EventLoop.Handler = { [weak self] readiness in
            self?.assumeIsolated { $0.socketReady(descriptor, readiness) }
        }
        sockets[index].handler = handler
        return handler
    }

    private func socketReady(_ descriptor: Int32, _ readiness: EventLoop.Readiness) {
        guard !isShutDown else { return }
        // The peer has closed a pooled connection, or sends what nobody asked for; libcurl finds out when it wants it next.
        if sockets[Int(descriptor)].isResting { return unwatch(descriptor) }
        var what: Int32 = 0
        if readiness.contains(.readable) { what |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { what |= CURL_CSELECT_OUT }
        if readiness.isBroken { what |= CURL_CSELECT_ERR }
        var count: Int32 = 0
        curl_multi_socket_action(multi, descriptor, what, &count)
        guard !isSettlingAfterRound else { return }
        isSettlingAfterRound = true
        let settling = self.settling ?? makeSettling()
        loop.assumeIsolated { $0.afterThisRound(settling) }
    }

    private func makeSettling() -> @Sendable () -> Void {
        let settling: @Sendable () -> Void = { [weak self] in
            self?.assumeIsolated { transport in
                transport.isSettlingAfterRound = false
                if !transport.isShutDown { transport.settle() }
            }
        }
        self.settling = settling
        return settling
    }

    private func timerChanged(_ milliseconds: Int) {
        switch milliseconds {
        case ..<0:
            wantedAt = nil
        case 0:
            wantedAt = nil
            isActionDue = true
        default:
            // libcurl does not ask again after an action that came too early, and it rounds down: one more.
            let wanted = DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds + 1) * 1_000_000
            wantedAt = wanted
            if armedAt.map({ wanted < $0 }) ?? true { arm(at: wanted) }
        }
    }

    /// The timer is not moved when libcurl wants it later, which it does with every transfer: firing early costs less.
    private func arm(at uptime: UInt64) {
        armedAt = uptime
        let timer = self.timer ?? makeTimer()
        timer.schedule(deadline: DispatchTime(uptimeNanoseconds: uptime))
    }

    private func makeTimer() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: loop.queue)
        timer.setEventHandler { [weak self] in self?.assumeIsolated { $0.timerFired() } }
        timer.activate()
        self.timer = timer
        return timer
    }

    private func timerFired() {
        armedAt = nil
        guard !isShutDown, let wanted = wantedAt else { return }
        if wanted > DispatchTime.now().uptimeNanoseconds {
            arm(at: wanted)
            return
        }
        wantedAt = nil
        isActionDue = true
        settle()
    }
}
