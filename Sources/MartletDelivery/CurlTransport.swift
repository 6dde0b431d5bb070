// SPDX-License-Identifier: Apache-2.0
import CCurl
import Dispatch
package import MartletCore
package import MartletRuntime

/// HTTP requests by libcurl's multi-socket interface on an event loop (docs/decisions/0003-libcurl.md).
///
/// The actor shares the loop's queue. libcurl's callbacks, the loop's readiness and the timer all arrive on it, so
/// they enter with `assumeIsolated` and nothing hops. A transport lives until `shutDown`, which its owner must call.
package actor CurlTransport: Transport {
    typealias Completion = @Sendable (AttemptResult) -> Void

    /// A class, since it is handed on several times and a request has many parts to be counted.
    final class Job: Sendable {
        let request: OutboundRequest
        let completion: Completion

        init(request: OutboundRequest, completion: @escaping Completion) {
            self.request = request
            self.completion = completion
        }
    }

    /// Carries its transport, so that the mailbox needs no reference back to it.
    private struct Message: Sendable {
        let transport: CurlTransport
        let job: Job
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }

    nonisolated let loop: EventLoop
    nonisolated let limits: CurlLimits
    private nonisolated let mailbox: Mailbox<Message>
    private let clock: any WallClock
    private let caFile: String?
    private let userAgent: String

    let multi: UnsafeMutableRawPointer
    /// Made when it is first wanted.
    var timer: (any DispatchSourceTimer)?
    /// By descriptor number.
    var sockets: [Socket] = []
    /// libcurl asked for a timeout action at once, which must not happen inside its callback.
    var isActionDue = false
    /// Uptime in nanoseconds at which libcurl wants a timeout action.
    var wantedAt: UInt64?
    /// When the timer fires; it may be earlier than wanted, never later.
    var armedAt: UInt64?
    var isShutDown = false
    /// Transfers that several sockets of one round finish are reported together, and the next ones started together.
    var isSettlingAfterRound = false
    /// Made once.
    var settling: (@Sendable () -> Void)?

    private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    private var idle: [CurlTransfer] = []
    private var waiting = JobQueue()

    /// Creates a transport that sends from the loop's queue.
    ///
    /// - Parameters:
    ///   - loop: its queue becomes the transport's.
    ///   - limits: bounds, by default those of `CurlLimits`.
    ///   - clock: dates the results; timeouts follow the machine's monotonic clock.
    ///   - caFile: PEM file of certificate authorities to trust instead of the system's.
    ///   - userAgent: sent unless a request has its own `User-Agent`.
    package init(
        loop: EventLoop,
        limits: CurlLimits = .init(),
        clock: any WallClock = SystemClock(),
        caFile: String? = nil,
        userAgent: String = "Martlet/0.1.0"
    ) {
        Self.initialiseLibrary()
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle") }
        self.loop = loop
        self.limits = limits
        self.clock = clock
        self.caFile = caFile
        self.userAgent = userAgent
        self.multi = multi
        mailbox = Mailbox(queue: loop.queue) { batch in
            batch.first?.transport.assumeIsolated { $0.accept(batch) }
        }
        // Balanced in `shutDown`: libcurl's callbacks get this pointer for as long as the multi handle lives.
        let context = Unmanaged.passRetained(self).toOpaque()
        Self.configure(multi, limits: limits, context: context)
    }

    /// Starts a request; a burst of calls wakes the loop once.
    ///
    /// The completion is called once, on the loop's queue. After `shutDown` it gets a failure.
    package nonisolated func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        mailbox.post(Message(transport: self, job: Job(request: request, completion: completion)))
    }

    /// Cancels what runs or waits, closes every connection and frees libcurl's memory; calling it again does nothing.
    ///
    /// Each cancelled request's completion gets the failure `other`. Runs on the loop's queue, which goes on.
    package func shutDown() async {
        guard !isShutDown else { return }
        isShutDown = true
        let transfers = running
        running = [:]
        // The manual's order (libcurl-multi(3)): handles out of the multi handle, then free it, which closes the
        // connections and calls the socket callbacks once more, and the easy handles with their last reference.
        for (easy, transfer) in transfers {
            curl_multi_remove_handle(multi, easy)
            finish(transfer, Self.shutDownProblem)
        }
        while let job = waiting.popFirst() { refuse(job, Self.shutDownProblem) }
        idle = []
        curl_multi_cleanup(multi)
        timer?.cancel()
        sockets = []
        Unmanaged.passUnretained(self).release()
    }

    private static let shutDownProblem = CurlProblem(failure: .other, detail: "the transport is shut down")

    private func accept(_ batch: [Message]) {
        for message in batch { waiting.append(message.job) }
        guard !isShutDown else {
            while let job = waiting.popFirst() { refuse(job, Self.shutDownProblem) }
            return
        }
        settle()
    }

    /// Does what an action has left to do: start waiting transfers, report finished ones, act when libcurl said
    /// "soon".
    ///
    /// Bounded, so that other work on the queue gets its turn.
    func settle() {
        for _ in 0..<16 {
            startWaiting()
            if isActionDue {
                isActionDue = false
                var count: Int32 = 0
                curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &count)
            }
            reportFinished()
            let canStart = !waiting.isEmpty && running.count < limits.runningTransfers
            if !isActionDue, !canStart { return }
        }
        loop.queue.async {
            self.assumeIsolated { if !$0.isShutDown { $0.settle() } }
        }
    }

    private func startWaiting() {
        while running.count < limits.runningTransfers, let job = waiting.popFirst() {
            do throws(CurlProblem) {
                try start(job)
            } catch {
                refuse(job, error)
            }
        }
    }

    private func start(_ job: Job) throws(CurlProblem) {
        let transfer = try freeTransfer()
        do throws(CurlProblem) {
            try transfer.prepare(job, connectTimeout: limits.connectTimeout)
        } catch {
            // Not kept: some of its options may be this request's and some an earlier one's.
            transfer.job = nil
            throw error
        }
        transfer.startedAt = clock.now()
        transfer.began = .now
        let code = curl_multi_add_handle(multi, transfer.easy)
        guard code == CURLM_OK else {
            throw CurlProblem(failure: .other, detail: String(cString: curl_multi_strerror(code)))
        }
        running[transfer.easy] = transfer
    }

    private func reportFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            // The message's memory is gone once its handle is removed (curl_multi_info_read(3)).
            let code = message.pointee.data.result
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = running.removeValue(forKey: easy)
            else { continue }
            if transfer.mustStartAgain(code) {
                curl_multi_remove_handle(multi, easy)
                if curl_multi_add_handle(multi, easy) == CURLM_OK {
                    running[easy] = transfer
                    continue
                }
            }
            let result = transfer.result(code)
            curl_multi_remove_handle(multi, easy)
            let completion = transfer.job?.completion
            transfer.job = nil
            keep(transfer)
            completion?(result)
        }
    }

    private func freeTransfer() throws(CurlProblem) -> CurlTransfer {
        if let transfer = idle.popLast() { return transfer }
        return try CurlTransfer(
            transport: Unmanaged.passUnretained(self),
            limits: limits,
            caFile: caFile,
            userAgent: userAgent
        )
    }

    private func keep(_ transfer: CurlTransfer) {
        if idle.count < limits.idleHandles { idle.append(transfer) }
    }

    private func finish(_ transfer: CurlTransfer, _ problem: CurlProblem) {
        transfer.job?.completion(
            AttemptResult(
                outcome: .failed(problem.failure),
                startedAt: transfer.startedAt,
                duration: .now - transfer.began,
                detail: problem.detail
            )
        )
        transfer.job = nil
    }

    /// Ends a request that never became a transfer.
    private func refuse(_ job: Job, _ problem: CurlProblem) {
        job.completion(
            AttemptResult(
                outcome: .failed(problem.failure),
                startedAt: clock.now(),
                duration: .zero,
                detail: problem.detail
            )
        )
    }
}
