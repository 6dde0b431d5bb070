// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletRuntime

extension HTTPListener {
    /// Answers that handlers have sent since the last hop, in order.
    func deliver(_ batch: [HTTPReply.Answer]) {
        for answer in batch {
            guard Int(answer.descriptor) < connections.count, let connection = connections[Int(answer.descriptor)],
                connection.serial == answer.serial
            else {
                answer.response?.stream?.close(.gone)
                continue
            }
            switch (answer.response, connection.phase) {
            case (let response?, .handling): self.answer(connection, response)
            // A second answer.
            case (let response?, _): response.stream?.close(.gone)
            case (nil, .streaming): pump(connection)
            case (nil, _): break
            }
        }
    }

    private func answer(_ connection: Connection, _ response: HTTPResponse) {
        let exchange = connection.exchange
        if let stream = response.stream { return begin(stream, of: response, on: connection) }
        connection.serial = 0
        connection.closesAfterAnswer = !exchange.keepsAlive || isDraining || response.asksToClose
        // Requests that were sent behind this one will not be read; their bytes must not reset the connection.
        connection.mustLinger = connection.interest == [] || !connection.pending.isEmpty
        let persistence: HTTPResponse.Persistence =
            connection.closesAfterAnswer ? .close : exchange.isHTTP10 ? .announcedKeepAlive : .keepAlive
        send(connection, response, persistence, withoutBody: exchange.isHead)
    }

    /// Answers a client whose bytes cannot be read any further, and closes.
    func refuse(_ connection: Connection, _ status: Int, retryAfter: Bool = false) {
        refused?(status, connection.peer)
        connection.serial = 0
        connection.closesAfterAnswer = true
        connection.mustLinger = true
        let response = HTTPResponse.text(
            status,
            limits.errorBody,
            headers: retryAfter ? [("Retry-After", "1")] : []
        )
        send(connection, response, .close, withoutBody: false)
    }

    func send(
        _ connection: Connection,
        _ response: HTTPResponse,
        _ persistence: HTTPResponse.Persistence,
        withoutBody: Bool
    ) {
        answerBuffer.removeAll(keepingCapacity: answerBuffer.capacity <= 262_144)
        response.encode(into: &answerBuffer, persistence, withoutBody: withoutBody)
        let written = answerBuffer.withUnsafeBufferPointer { Self.write($0, to: connection.descriptor) }
        guard let written else { return drop(connection) }
        if written == answerBuffer.count { return answered(connection) }
        connection.output = Array(answerBuffer[written...])
        connection.outputStart = 0
        connection.phase = .writing
        connection.deadline = Self.now() + Self.nanoseconds(limits.request)
        setInterest(connection, .write)
    }

    /// Goes on with an answer that the socket did not take whole.
    func flush(_ connection: Connection) {
        let start = connection.outputStart
        let written = connection.output.withUnsafeBufferPointer {
            Self.write(UnsafeBufferPointer(rebasing: $0[start...]), to: connection.descriptor)
        }
        guard let written else { return drop(connection) }
        connection.outputStart += written
        guard connection.outputStart == connection.output.count else { return }
        connection.output = []
        // Reading was off meanwhile: bytes may wait in the socket.
        connection.mustLinger = true
        answered(connection)
    }

    /// The whole answer is with the kernel.
    func answered(_ connection: Connection) {
        if connection.closesAfterAnswer {
            connection.mustLinger ? linger(connection) : drop(connection)
            return
        }
        connection.phase = .idle
        connection.deadline = Self.now() + Self.nanoseconds(limits.idle)
        if !connection.pending.isEmpty { advancePending(connection) }
        // Without another request at hand, read on; level-triggered, so bytes that wait are reported at once.
        if connection.phase == .idle || connection.phase == .receiving { setInterest(connection, .read) }
    }

    private func linger(_ connection: Connection) {
        guard shutdown(connection.descriptor, Int32(SHUT_WR)) == 0 else { return drop(connection) }
        connection.phase = .lingering
        connection.deadline = Self.now() + Self.nanoseconds(limits.linger)
        setInterest(connection, .read)
    }

    /// Sends `100 Continue` (RFC 9110 section 15.2.1); false if the connection had to be given up.
    func sendContinue(_ connection: Connection) -> Bool {
        answerBuffer.removeAll(keepingCapacity: true)
        answerBuffer.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        let written = answerBuffer.withUnsafeBufferPointer { Self.write($0, to: connection.descriptor) }
        // A socket that cannot take 25 bytes belongs to a client that does not read its answers.
        guard written == answerBuffer.count else {
            drop(connection)
            return false
        }
        return true
    }

    /// Nil if the connection is gone; 0 if the socket is full.
    static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int? {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: return nil
            }
        }
    }
}
