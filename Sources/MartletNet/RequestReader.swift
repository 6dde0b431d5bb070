// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Makes requests of one connection's bytes: bytes in, step out; no socket and no clock.
struct RequestReader {
    enum Step {
        /// More bytes are needed; what was consumed need not be given again.
        case incomplete
        /// The client waits for `100 Continue` before it sends the body; read on afterwards.
        case continueAwaited
        case request(HTTPRequest, Exchange)
        /// Answer with this status and close: where the next request would start is unknown.
        case refused(Int)
    }

    /// What the answer must know of its request.
    struct Exchange {
        var keepsAlive: Bool
        var isHTTP10: Bool
        /// The answer to HEAD has no body.
        var isHead: Bool
    }

    private enum Stage {
        case head(HeadScanner)
        case length(RequestHead, remaining: Int)
        case chunked(RequestHead, ChunkDecoder)
    }

    private var stage = Stage.head(HeadScanner())
    private var body: [UInt8] = []

    /// Whether a request has begun and is not complete.
    var isInsideRequest: Bool {
        if case .head(let scanner) = stage { return scanner.hasBegun }
        return true
    }

    /// Reads up to the end of one request.
    ///
    /// `bytes` is everything not yet consumed; `consumed` says how many of them are done with. The others come
    /// again, with more behind them.
    mutating func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        consumed: inout Int,
        parser: RequestParser,
        limits: HTTPLimits,
        peer: IPAddress
    ) -> Step {
        consumed = 0
        if case .head(var scanner) = stage {
            let found = scanner.scan(bytes, limits: limits)
            stage = .head(scanner)
            switch found {
            case .incomplete: return .incomplete
            case .refused(let status): return .refused(status)
            case .complete(let range):
                consumed = range.upperBound
                let result = parser.parse(UnsafeBufferPointer(rebasing: bytes[range]))
                switch result {
                case .refused(let status): return .refused(status)
                case .head(let head):
                    if let step = begin(head, hasMore: bytes.count > consumed, limits: limits) { return step }
                }
            }
        }
        return readBody(bytes, &consumed, limits: limits, peer: peer)
    }

    /// Nil when the body's bytes may follow at once.
    private mutating func begin(_ head: RequestHead, hasMore: Bool, limits: HTTPLimits) -> Step? {
        body = []
        switch head.framing {
        case .length(let length):
            if length > limits.body { return .refused(413) }
            stage = .length(head, remaining: length)
            if length == 0 { return nil }
        case .chunked: stage = .chunked(head, ChunkDecoder())
        }
        // RFC 9110 section 10.1.1: not needed when the client has begun to send the body.
        return head.awaitsContinue && !hasMore ? .continueAwaited : nil
    }

    private mutating func readBody(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ consumed: inout Int,
        limits: HTTPLimits,
        peer: IPAddress
    ) -> Step {
        switch stage {
        case .head: return .incomplete
        case .length(let head, let remaining):
            let count = min(remaining, bytes.count - consumed)
            body.append(contentsOf: bytes[consumed..<consumed + count])
            consumed += count
            if count == remaining { return complete(head, peer: peer) }
            stage = .length(head, remaining: remaining - count)
            return .incomplete
        case .chunked(let head, var decoder):
            let result = decoder.read(bytes, from: &consumed, into: &body, limits: limits)
            stage = .chunked(head, decoder)
            switch result {
            case .incomplete: return .incomplete
            case .refused(let status): return .refused(status)
            case .complete: return complete(head, peer: peer)
            }
        }
    }

    private mutating func complete(_ head: RequestHead, peer: IPAddress) -> Step {
        let request = HTTPRequest(
            method: head.method,
            target: head.target,
            headers: head.headers,
            body: body,
            peer: peer
        )
        stage = .head(HeadScanner())
        body = []
        return .request(
            request,
            Exchange(keepsAlive: head.keepsAlive, isHTTP10: head.isHTTP10, isHead: head.method == "HEAD")
        )
    }
}
