// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import MartletCore
import MartletWire
import Synchronization

/// One connection, on its own thread.
extension ScriptedServer {
    func serve(_ descriptor: Int32, _ number: Int) {
        var received: [UInt8] = []
        guard write(greeting, descriptor) else { return end(descriptor, withReset: false) }
        while let request = readRequest(descriptor, number, &received) {
            record(request)
            switch perform(script(request), descriptor) {
            case .next: continue
            case .close: return end(descriptor, withReset: false)
            case .reset: return end(descriptor, withReset: true)
            }
        }
        end(descriptor, withReset: false)
    }

    private enum Step {
        case next
        case close
        case reset
    }

    private func record(_ request: Request) {
        let ready = state.withLock { state in
            state.requests.append(request)
            let count = state.requests.count
            let ready = state.waiters.filter { $0.count <= count }.map(\.wait)
            state.waiters.removeAll { $0.count <= count }
            return ready
        }
        for wait in ready { wait.over() }
    }

    private func perform(_ behaviour: Behaviour, _ descriptor: Int32) -> Step {
        switch behaviour {
        case .answer(let status, let headers, let body):
            return write(Self.answer(status, headers, body), descriptor) ? .next : .close
        case .raw(let bytes):
            return write(bytes, descriptor) ? .next : .close
        case .rawThenClose(let bytes):
            _ = write(bytes, descriptor)
            return .close
        case .hang:
            awaitEnd(descriptor)
            return .close
        case .reset(let bytes):
            _ = write(bytes, descriptor)
            return .reset
        case .drip(let bytes, let pause):
            for byte in bytes {
                if isEnded(descriptor, within: pause) || !write([byte], descriptor) { return .close }
            }
            return .next
        case .tunnel(let port):
            tunnel(descriptor, to: port)
            return .close
        case .endless(let head, let chunk):
            guard write(head, descriptor) else { return .close }
            while write(chunk, descriptor) {}
            return .close
        }
    }

    private static func answer(_ status: Int, _ headers: [(String, String)], _ body: [UInt8]) -> [UInt8] {
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        // These carry no length (RFC 9110 section 8.6).
        let hasLength = status != 204 && status != 304 && status >= 200
        if hasLength { text += "Content-Length: \(body.count)\r\n" }
        return Array("\(text)\r\n".utf8) + body
    }

    private func readRequest(_ descriptor: Int32, _ number: Int, _ received: inout [UInt8]) -> Request? {
        var end = Self.headEnd(received)
        while end == nil {
            guard readMore(descriptor, &received) else { return nil }
            end = Self.headEnd(received)
        }
        guard let end else { return nil }
        let head = Array(received[..<end])
        received.removeFirst(end)
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3 else { return nil }
        var headers = HeaderFields()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            headers.append(String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
        let length = headers[first: "Content-Length"].flatMap { Int($0) } ?? 0
        while received.count < length {
            guard readMore(descriptor, &received) else { return nil }
        }
        let body = Array(received[..<length])
        received.removeFirst(length)
        return Request(
            connection: number,
            method: String(words[0]),
            target: String(words[1]),
            headers: headers,
            head: head,
            body: body
        )
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 0x0A && bytes[index - 2] == 0x0A {
            if bytes[index - 1] == 0x0D, bytes[index - 3] == 0x0D { return index + 1 }
        }
        return nil
    }

    func readMore(_ descriptor: Int32, _ received: inout [UInt8]) -> Bool {
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            received.append(contentsOf: part[..<count])
            return true
        }
    }

    func write(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func awaitEnd(_ descriptor: Int32) {
        var ignored: [UInt8] = []
        while readMore(descriptor, &ignored) { ignored = [] }
    }

    /// Waits for the pause, or less when the peer or the test ends the connection.
    private func isEnded(_ descriptor: Int32, within pause: Duration) -> Bool {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, Int32(clamping: pause.wholeMilliseconds)) > 0
    }
}
