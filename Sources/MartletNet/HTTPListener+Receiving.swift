// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletRuntime

extension HTTPListener {
    /// Reads of one connection in one round, so that a fast sender does not hold up the others.
    private static let readsPerRound = 4

    /// Reads until the socket is empty or a request runs.
    func receive(_ connection: Connection) {
        for _ in 0..<Self.readsPerRound {
            let count = recv(connection.descriptor, readBuffer.bytes.baseAddress, readBuffer.bytes.count, 0)
            if count > 0 {
                process(connection, UnsafeBufferPointer(rebasing: readBuffer.bytes[..<count]))
                guard connection.phase == .idle || connection.phase == .receiving, count == readBuffer.bytes.count,
                    connections[Int(connection.descriptor)] === connection
                else { return }
                continue
            }
            // The end of a half-closed connection comes here when its last request has been answered; a request
            // that was cut short gets no answer (RFC 9112 section 8).
            if count == 0 { return drop(connection) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return
            default: return drop(connection)
            }
        }
    }

    private func process(_ connection: Connection, _ bytes: UnsafeBufferPointer<UInt8>) {
        if connection.pending.isEmpty {
            let consumed = advance(connection, bytes)
            // What follows a refused request is never read.
            if !connection.closesAfterAnswer { connection.keep(bytes, from: consumed) }
        } else {
            connection.pending.append(contentsOf: bytes)
            advancePending(connection)
        }
    }

    /// Goes on with the bytes that were read before.
    func advancePending(_ connection: Connection) {
        let start = connection.pendingStart
        // Nothing on the way changes `pending`: a request ends in a handler, a refusal in an answer that closes.
        let consumed = connection.pending.withUnsafeBufferPointer {
            advance(connection, UnsafeBufferPointer(rebasing: $0[start...]))
        }
        connection.dropPending(connection.closesAfterAnswer ? connection.pending.count - start : consumed)
    }

    /// Reads one request of `bytes` and hands it over; returns how many bytes were consumed.
    private func advance(_ connection: Connection, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var done = 0
        while true {
            var consumed = 0
            let step = connection.reader.read(
                UnsafeBufferPointer(rebasing: bytes[done...]),
                consumed: &consumed,
                parser: parser,
                limits: limits,
                peer: connection.peer
            )
            done += consumed
            switch step {
            case .incomplete:
                if connection.phase == .idle, connection.reader.isInsideRequest {
                    connection.phase = .receiving
                    connection.deadline = Self.now() + Self.nanoseconds(limits.request)
                }
                return done
            case .continueAwaited:
                guard sendContinue(connection) else { return done }
            case .refused(let status):
                refuse(connection, status)
                return done
            case .request(let request, let exchange):
                handle(connection, request, exchange)
                return done
            }
        }
    }

    private func handle(_ connection: Connection, _ request: HTTPRequest, _ exchange: RequestReader.Exchange) {
        guard let replies else { return drop(connection) }
        lastSerial += 1
        connection.serial = lastSerial
        connection.exchange = exchange
        connection.phase = .handling
        // The handler's time is the handler's own affair.
        connection.deadline = .max
        handler(request, HTTPReply(mailbox: replies, descriptor: connection.descriptor, serial: lastSerial))
    }

    /// Throws away what a refused client still sends, up to a bound.
    func discard(_ connection: Connection) {
        for _ in 0..<Self.readsPerRound {
            let count = recv(connection.descriptor, readBuffer.bytes.baseAddress, readBuffer.bytes.count, 0)
            if count > 0 {
                connection.lingered += count
                if connection.lingered > limits.lingerBytes { return drop(connection) }
                continue
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            return drop(connection)
        }
    }
}
