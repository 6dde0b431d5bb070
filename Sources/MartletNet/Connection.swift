// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime

/// One accepted connection's state, which the listener's queue owns; the listener acts on it.
final class Connection {
    enum Phase {
        /// Between requests.
        case idle
        /// A request has begun and is not complete.
        case receiving
        /// A handler has the request.
        case handling
        /// The socket did not take the whole answer.
        case writing
        /// The answer has a body that is written bit by bit.
        case streaming
        /// Answered for the last time and shut for writing; what the client still sends is thrown away, because
        /// closing with unread bytes would reset the connection and take the answer with it (RFC 9112 section 9.6).
        case lingering
    }

    let descriptor: Int32
    let peer: IPAddress
    /// Accepted above a limit, only to be told so.
    let isSurplus: Bool

    var phase = Phase.idle
    /// When the phase must be over, in nanoseconds of the monotonic clock.
    var deadline: UInt64
    var reader = RequestReader()
    /// Bytes that were read and not consumed: an incomplete head, or requests behind the one that runs.
    ///
    /// Never more than a head and one read, because nothing is read while a request runs.
    var pending: [UInt8] = []
    var pendingStart = 0
    /// The request that the handler has; 0 without one.
    var serial: UInt64 = 0
    var exchange = RequestReader.Exchange(keepsAlive: false, isHTTP10: false, isHead: false)
    /// What the socket did not take of the answer.
    var output: [UInt8] = []
    var outputStart = 0
    /// Where the output comes from while streaming.
    var stream: HTTPBodyStream?
    var isChunked = false
    /// The last of the stream is in the output.
    var isStreamOver = false
    var closesAfterAnswer = false
    /// The client may still be sending, so that closing at once would lose the answer.
    var mustLinger = false
    var lingered = 0
    var interest: EventLoop.Interest = .read

    init(descriptor: Int32, peer: IPAddress, isSurplus: Bool, deadline: UInt64) {
        self.descriptor = descriptor
        self.peer = peer
        self.isSurplus = isSurplus
        self.deadline = deadline
    }

    /// Keeps what was not consumed of freshly read bytes; only called while nothing is pending.
    func keep(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
        guard start < bytes.count else { return }
        pending.append(contentsOf: bytes[start...])
    }

    /// Forgets pending bytes that were consumed.
    func dropPending(_ count: Int) {
        pendingStart += count
        if pendingStart == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= 4096)
            pendingStart = 0
        } else if pendingStart >= 32768 {
            pending.removeSubrange(..<pendingStart)
            pendingStart = 0
        }
    }
}
