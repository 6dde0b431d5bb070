// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletRuntime

/// Answers whose body is written bit by bit.
extension HTTPListener {
    /// Buffers that are written in one round, so that a stream in full flow does not hold up the others.
    private static let buffersPerRound = 4

    /// Sends the head and takes over the stream.
    func begin(_ stream: HTTPBodyStream, of response: HTTPResponse, on connection: Connection) {
        let exchange = connection.exchange
        connection.closesAfterAnswer = true
        connection.mustLinger = connection.interest == [] || !connection.pending.isEmpty
        connection.isChunked = !exchange.isHTTP10
        var head: [UInt8] = []
        response.encode(into: &head, .stream(isChunked: connection.isChunked), withoutBody: true)
        connection.output = head
        connection.outputStart = 0
        connection.phase = .streaming
        connection.stream = stream
        connection.isStreamOver = exchange.isHead
        connection.deadline = Self.now() + Self.nanoseconds(limits.request)
        if exchange.isHead { stream.close(.gone) }
        if isDraining { stream.close(.drained) }
        pump(connection)
    }

    /// Writes what the stream has, as far as the socket takes it.
    func pump(_ connection: Connection) {
        guard let stream = connection.stream else { return }
        for _ in 0..<Self.buffersPerRound {
            if connection.outputStart == connection.output.count {
                if connection.isStreamOver { return streamIsOver(connection) }
                let (bytes, isLast) = stream.take()
                if bytes.isEmpty, !isLast { return rest(connection) }
                fill(connection, bytes, isLast: isLast)
                connection.deadline = Self.now() + Self.nanoseconds(limits.request)
            }
            let start = connection.outputStart
            let written = connection.output.withUnsafeBufferPointer {
                Self.write(UnsafeBufferPointer(rebasing: $0[start...]), to: connection.descriptor)
            }
            guard let written else { return drop(connection) }
            connection.outputStart += written
            // The time is for one write and not for all, since a slow reader may be a good one.
            if written > 0 { connection.deadline = Self.now() + Self.nanoseconds(limits.request) }
            if connection.outputStart < connection.output.count { break }
        }
        setInterest(connection, [.write, .peerClosed])
    }

    /// Nothing was written for a while, or nothing was read.
    func streamIsSilent(_ connection: Connection) {
        guard let stream = connection.stream, connection.outputStart == connection.output.count else {
            return drop(connection)
        }
        guard !stream.heartbeat.isEmpty else { return rest(connection) }
        fill(connection, stream.heartbeat, isLast: false)
        pump(connection)
    }

    private func rest(_ connection: Connection) {
        connection.output = []
        connection.outputStart = 0
        connection.deadline = Self.now() + Self.nanoseconds(limits.heartbeat)
        setInterest(connection, .peerClosed)
    }

    private func streamIsOver(_ connection: Connection) {
        connection.stream = nil
        connection.serial = 0
        connection.output = []
        answered(connection)
    }

    /// One chunk, and the last one behind it (RFC 9112 section 7.1): a body that was cut off has none.
    private func fill(_ connection: Connection, _ bytes: [UInt8], isLast: Bool) {
        connection.isStreamOver = isLast
        connection.outputStart = 0
        guard connection.isChunked else {
            connection.output = bytes
            return
        }
        var chunk: [UInt8] = []
        chunk.reserveCapacity(bytes.count + 24)
        if !bytes.isEmpty {
            chunk += Array(String(bytes.count, radix: 16).utf8)
            chunk += [0x0D, 0x0A]
            chunk += bytes
            chunk += [0x0D, 0x0A]
        }
        if isLast { chunk += Array("0\r\n\r\n".utf8) }
        connection.output = chunk
    }
}
