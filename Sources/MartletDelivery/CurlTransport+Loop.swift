// SPDX-License-Identifier: Apache-2.0
import CCurl
import Dispatch
import MartletRuntime

/// libcurl's sockets and timer on the event loop (libcurl-multi(3), "multi_socket").
extension CurlTransport {
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

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransport? {
        context.map { Unmanaged<CurlTransport>.fromOpaque($0).takeUnretainedValue() }
    }

    private func socketChanged(_ descriptor: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            loop.assumeIsolated { $0.unwatch(descriptor) }
            return
        }
        var interest: EventLoop.Interest = []
        if what & CURL_POLL_IN != 0 { interest.insert(.read) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.write) }
        let handler = handler(for: descriptor)
        loop.assumeIsolated { loop in
            // A descriptor that cannot be watched makes its transfer run into its timeout, and no other.
            try? loop.watch(descriptor, for: interest, handler: handler)
        }
    }

    private func handler(for descriptor: Int32) -> EventLoop.Handler {
        let index = Int(descriptor)
        while handlers.count <= index { handlers.append(nil) }
        if let handler = handlers[index] { return handler }
        let handler: EventLoop.Handler = { [weak self] readiness in
            self?.assumeIsolated { $0.socketReady(descriptor, readiness) }
        }
        handlers[index] = handler
        return handler
    }

    private func socketReady(_ descriptor: Int32, _ readiness: EventLoop.Readiness) {
        guard !isShutDown else { return }
        var what: Int32 = 0
        if readiness.contains(.readable) { what |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { what |= CURL_CSELECT_OUT }
        if !readiness.isDisjoint(with: [.failed, .hungUp]) { what |= CURL_CSELECT_ERR }
        var count: Int32 = 0
        curl_multi_socket_action(multi, descriptor, what, &count)
        settle()
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
