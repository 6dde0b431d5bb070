// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import MartletCore
package import MartletWire

/// A TCP client that sends exactly the bytes it is given and reads what comes back.
///
/// Blocks the calling thread, each call for no longer than its deadline: for tests only. A blocked test occupies a
/// thread of Swift's small pool, so a task that must run meanwhile is begun before with `Task.immediate`.
package final class RawClient {
    /// What went wrong at the socket.
    package enum Failure: Error, Equatable {
        case system(String, errno: Int32)
        /// Nothing came, or nothing could be sent, before the deadline.
        case timedOut
        /// The other end closed in the middle of an answer; what had come so far.
        case closed(String)
        case reset
        case malformed(String)
    }

    /// An answer, read by its `Content-Length`.
    package struct Response: Equatable {
        package var status: Int
        package var headers: HeaderFields
        package var body: String
        package var closes: Bool { headers[first: "Connection"] == "close" }
    }

    private var descriptor: Int32
    private let patience: Duration
    private var buffer: [UInt8] = []

    /// Connects to the loopback address, or another.
    ///
    /// `receiveBuffer` is SO_RCVBUF in bytes, for a client that takes little, the system's default if nil;
    /// `patience` is the longest wait of one call, after which it throws.
    package init(
        port: UInt16,
        host: IPAddress = .loopback,
        receiveBuffer: Int32? = nil,
        patience: Duration = .seconds(20)
    ) throws {
        self.patience = patience
        descriptor = socket(
            host.isIPv4 ? AF_INET : AF_INET6,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw Failure.system("socket", errno: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        let status: Int32
        if host.isIPv4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: host.bytes) }
            status = Self.connect(descriptor, &address, MemoryLayout<sockaddr_in>.size)
        } else {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: host.bytes) }
            status = Self.connect(descriptor, &address, MemoryLayout<sockaddr_in6>.size)
        }
        guard status == 0 else {
            let code = errno
            close()
            throw Failure.system("connect", errno: code)
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address, _ size: Int) -> Int32 {
        withUnsafeMutableBytes(of: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self) { Glibc.connect(descriptor, $0.baseAddress, socklen_t(size)) }
        }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends everything, or throws.
    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(POLLOUT)
            } else if errno == EPIPE || errno == ECONNRESET {
                throw Failure.reset
            } else if errno != EINTR {
                throw Failure.system("send", errno: errno)
            }
        }
    }

    /// Closes the sending side and goes on reading.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes; the other end sees the end of the stream.
    package func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes with a reset instead of an end.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// What one read returns; empty at the end of the stream.
    package func readOnce() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return Array(bytes[..<count]) }
            switch errno {
            case EAGAIN: try wait(POLLIN)
            case EINTR: continue
            case ECONNRESET: throw Failure.reset
            default: throw Failure.system("recv", errno: errno)
            }
        }
    }

    /// Everything until the other end closes.
    package func readToEnd() throws -> String {
        while true {
            let bytes = try readOnce()
            if bytes.isEmpty { break }
            buffer += bytes
        }
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// The next answer, interim ones included; one to HEAD has no body.
    package func readResponse(toHead: Bool = false) throws -> Response {
        while true {
            if let response = try takeResponse(toHead: toHead) { return response }
            let bytes = try readOnce()
            if bytes.isEmpty { throw Failure.closed(String(decoding: buffer, as: UTF8.self)) }
            buffer += bytes
        }
    }

    private func takeResponse(toHead: Bool) throws -> Response? {
        let end = Array("\r\n\r\n".utf8)
        guard let head = (0..<max(0, buffer.count - 3)).first(where: { buffer[$0..<$0 + 4].elementsEqual(end) }) else {
            return nil
        }
        var lines = String(decoding: buffer[..<head], as: UTF8.self).split(separator: "\r\n")[...]
        guard let first = lines.popFirst(), first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else { throw Failure.malformed(String(decoding: buffer, as: UTF8.self)) }
        var headers = HeaderFields()
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(String(line)) }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        let length = toHead ? 0 : headers[first: "Content-Length"].flatMap { Int($0) } ?? 0
        guard buffer.count >= head + 4 + length else { return nil }
        let body = String(decoding: buffer[(head + 4)..<(head + 4 + length)], as: UTF8.self)
        buffer.removeFirst(head + 4 + length)
        return Response(status: status, headers: headers, body: body)
    }

    private func wait(_ events: Int32) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let milliseconds = patience.components.seconds * 1000 + patience.components.attoseconds / 1_000_000_000_000_000
        let status = poll(&entry, 1, Int32(clamping: milliseconds))
        if status == 0 { throw Failure.timedOut }
        if status < 0, errno != EINTR { throw Failure.system("poll", errno: errno) }
    }
}
