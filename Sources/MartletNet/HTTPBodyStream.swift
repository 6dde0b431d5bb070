// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The body of an answer that is written bit by bit, for as long as both sides like.
///
/// A handler puts it into `HTTPResponse.stream`, sends the answer, and writes from any queue, before or after. What the
/// client has not read yet is kept up to a bound; beyond it the stream ends. The listener ends it when it drains.
package final class HTTPBodyStream: Sendable {
    /// Why a stream has ended.
    package enum End: Sendable, Equatable {
        /// Its writer has ended it.
        case finished
        /// The client reads more slowly than is written, and the buffer is full.
        case overflowed
        /// The listener drains.
        case drained
        /// The connection is closed, or was never there.
        case gone
    }

    private struct State {
        var bytes: [UInt8] = []
        var end: End?
        /// Tells the listener that there is something to take.
        var wake: (@Sendable () -> Void)?
        /// The listener has been told and has not come yet.
        var isAwake = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Mutex(State())
    private let limit: Int
    /// Written when nothing else has been for `HTTPLimits.heartbeat`; empty for none.
    let heartbeat: [UInt8]
    private let lastWords: @Sendable (End) -> [UInt8]
    private let ended: @Sendable (End) -> Void

    /// `limit`: bytes that may wait for the client, 256 KiB by default.
    ///
    /// `lastWords`: what an end without words of its writer says; must not call the stream.
    /// `ended`: called once, on whatever queue the end came from.
    package init(
        limit: Int = 262_144,
        heartbeat: [UInt8] = [],
        lastWords: @escaping @Sendable (End) -> [UInt8] = { _ in [] },
        ended: @escaping @Sendable (End) -> Void = { _ in }
    ) {
        self.limit = limit
        self.heartbeat = heartbeat
        self.lastWords = lastWords
        self.ended = ended
    }

    /// Adds bytes; false once the stream has ended, or if it ends by this for want of room.
    ///
    /// Bytes are taken whole or not at all. Whatever finds nothing waiting before it has room.
    @discardableResult package func write(_ bytes: [UInt8]) -> Bool {
        enum Outcome {
            case taken(wake: (@Sendable () -> Void)?)
            case ended
            case full
        }
        let outcome = state.withLock { state -> Outcome in
            if state.end != nil { return .ended }
            guard state.bytes.isEmpty || state.bytes.count + bytes.count <= limit else { return .full }
            state.bytes += bytes
            return .taken(wake: Self.wake(&state))
        }
        switch outcome {
        case .taken(let wake):
            wake?()
            return true
        case .ended: return false
        case .full:
            close(.overflowed)
            return false
        }
    }

    /// Waits until half of the room is free; false once the stream has ended.
    ///
    /// For a writer that can wait, so that a slow client slows it down instead of losing the stream.
    package func hasRoom() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.end != nil { return false }
                if state.bytes.count <= limit / 2 { return true }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Ends the stream after what has been written, with these last words; later calls do nothing.
    package func finish(_ words: [UInt8] = []) { close(.finished, words) }

    /// Ends the stream.
    func close(_ end: End, _ words: [UInt8]? = nil) {
        struct Told {
            var wake: (@Sendable () -> Void)?
            var waiting: [CheckedContinuation<Bool, Never>]
        }
        let told = state.withLock { state -> Told? in
            if state.end != nil { return nil }
            state.end = end
            state.bytes += words ?? lastWords(end)
            defer { state.waiting = [] }
            return Told(wake: Self.wake(&state), waiting: state.waiting)
        }
        guard let told else { return }
        told.wake?()
        for continuation in told.waiting { continuation.resume(returning: false) }
        ended(end)
    }

    /// `wake` is called when there is something to take, at most once between two calls of `take`.
    func attach(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Everything written since the last call; nothing follows once `isLast`.
    func take() -> (bytes: [UInt8], isLast: Bool) {
        let (bytes, isLast, waiting) = state.withLock { state in
            var bytes: [UInt8] = []
            swap(&bytes, &state.bytes)
            state.isAwake = false
            defer { state.waiting = [] }
            return (bytes, state.end != nil, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: !isLast) }
        return (bytes, isLast)
    }

    private static func wake(_ state: inout State) -> (@Sendable () -> Void)? {
        guard !state.isAwake, let wake = state.wake else { return nil }
        state.isAwake = true
        return wake
    }
}

extension HTTPBodyStream: Equatable {
    package static func == (left: HTTPBodyStream, right: HTTPBodyStream) -> Bool { left === right }
}
