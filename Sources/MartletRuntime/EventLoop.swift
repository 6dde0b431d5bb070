// SPDX-License-Identifier: Apache-2.0
import CLinux
package import Dispatch
import Glibc

/// One epoll set, watched by one long-lived Dispatch source on one serial queue.
///
/// Descriptors come and go inside the epoll set and never meet Dispatch, whose sources do not survive a descriptor
/// that a library closes behind their back (docs/decisions/0002-event-loop.md). Actors that own descriptors share
/// this loop's executor and enter with `assumeIsolated`.
package actor EventLoop {
    /// What a descriptor is watched for; errors and hang-ups are always reported.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let read = Interest(rawValue: EPOLLIN.rawValue)
        package static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer has closed its sending side.
        package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// What happened at a descriptor.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
        package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
        package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
        package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)

        /// The connection failed or is closed in both directions.
        package var isBroken: Bool { rawValue & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    /// Called on the loop's queue; must not block.
    package typealias Handler = @Sendable (Readiness) -> Void

    private struct Slot {
        var handler: Handler?
        /// Tells events of an earlier owner of the same descriptor number apart.
        var generation: UInt32
    }

    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    package nonisolated var queue: DispatchQueue { executor.queue }

    private let epoll: Int32
    private let source: any DispatchSourceRead
    private var slots: [Slot] = []
    private var nextGeneration: UInt32 = 1
    private var isShutDown = false
    /// While events come round after round, the queue asks the epoll set itself and the source is suspended.
    private var isPolling = false
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    private var afterRound: [@Sendable () -> Void] = []

    /// - Parameter label: the queue's name, such as `martlet.ingest.loop`.
    /// - Throws: `SystemError` if the kernel gives no epoll set.
    package init(label: String) throws(SystemError) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError(operation: "epoll_create1", code: errno) }
        let executor = QueueExecutor(label: label)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: executor.queue)
        self.executor = executor
        self.epoll = descriptor
        self.source = source
        source.setCancelHandler { close(descriptor) }
        source.setEventHandler { [weak self] in self?.assumeIsolated { $0.wake() } }
        source.activate()
    }

    /// Starts watching a descriptor, or changes what it is watched for and by whom.
    ///
    /// - Throws: `SystemError`, for instance when the descriptor is closed or the kernel's table is full; `EBADF` once
    ///   the loop is shut down, whose epoll descriptor may by then be somebody else's.
    package func watch(_ descriptor: Int32, for interest: Interest, handler: @escaping Handler) throws(SystemError) {
        guard descriptor >= 0, !isShutDown else { throw SystemError(operation: "epoll_ctl", code: EBADF) }
        let index = Int(descriptor)
        while slots.count <= index { slots.append(Slot(handler: nil, generation: 0)) }
        let isNew = slots[index].handler == nil
        // Also for a new handler of a watched descriptor, which may have been closed and opened anew unseen: what this
        // round still holds for the old one is dropped, and reported again if it holds for the new one.
        slots[index].generation = nextGeneration
        nextGeneration &+= 1
        slots[index].handler = handler
        do {
            try control(isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, interest)
        } catch {
            slots[index].handler = nil
            throw error
        }
    }

    /// Changes what a watched descriptor is watched for.
    ///
    /// - Throws: `SystemError`; `ENOENT` if the descriptor is not watched.
    package func change(_ descriptor: Int32, to interest: Interest) throws(SystemError) {
        guard slots.indices.contains(Int(descriptor)), slots[Int(descriptor)].handler != nil else {
            throw SystemError(operation: "epoll_ctl", code: ENOENT)
        }
        try control(EPOLL_CTL_MOD, descriptor, interest)
    }

    /// Stops watching; tolerates a descriptor that its owner has closed already, as libcurl does with some of its own.
    package func unwatch(_ descriptor: Int32) {
        let index = Int(descriptor)
        guard slots.indices.contains(index), slots[index].handler != nil else { return }
        slots[index].handler = nil
        var event = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    /// Has `work` done once, after the events that are being handed out now: what many of them lead to is then done for
    /// all of them at once.
    ///
    /// Call it from a handler; at another time the work waits for the next round of events.
    package func afterThisRound(_ work: @escaping @Sendable () -> Void) { afterRound.append(work) }

    /// Ends the loop; owners of descriptors have unwatched and closed theirs before.
    package func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        slots = []
        afterRound = []
        source.cancel()
        // A suspended source would never run its cancel handler.
        if isPolling { source.resume() }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Interest) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = UInt64(slots[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var status = epoll_ctl(epoll, operation, descriptor, &event)
        // A descriptor that was closed and opened anew behind our back has left the set, or is still in it.
        if status < 0, operation == EPOLL_CTL_MOD, errno == ENOENT {
            status = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
        } else if status < 0, operation == EPOLL_CTL_ADD, errno == EEXIST {
            status = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
        }
        guard status == 0 else { throw SystemError(operation: "epoll_ctl", code: errno) }
    }

    private func wake() {
        guard !isShutDown, drain(), !isShutDown else { return }
        isPolling = true
        source.suspend()
        pollAgain()
    }

    /// Asks once more behind what is on the queue now, so that other work gets its turn after each round.
    ///
    /// A wake-up through the source costs a trip over Dispatch's own thread; under load every round would pay it.
    private func pollAgain() {
        queue.async { self.assumeIsolated { $0.poll() } }
    }

    private func poll() {
        guard !isShutDown else { return }
        if drain() {
            pollAgain()
        } else {
            isPolling = false
            source.resume()
        }
    }

    /// One round of events; false if there were none.
    private func drain() -> Bool {
        let count = Int(epoll_wait(epoll, &events, Int32(events.count), 0))
        guard count > 0 else { return false }
        for index in 0..<count {
            let event = events[index]
            let descriptor = Int(UInt32(truncatingIfNeeded: event.data.u64))
            let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
            // An earlier handler of this round may have closed the descriptor, and another may have reused it.
            guard descriptor < slots.count, slots[descriptor].generation == generation,
                let handler = slots[descriptor].handler
            else { continue }
            handler(Readiness(rawValue: event.events))
        }
        if !afterRound.isEmpty {
            let due = afterRound
            afterRound.removeAll(keepingCapacity: true)
            for work in due { work() }
        }
        return true
    }
}

/// A failed system call: which one and its `errno`.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    package var operation: String
    package var code: Int32

    package init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    package var description: String { "\(operation): \(String(cString: strerror(code))) (errno \(code))" }
}
