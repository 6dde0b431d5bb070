// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A server that is a proxy for a while.
extension ScriptedServer {
    func tunnel(_ descriptor: Int32, to port: UInt16) {
        let target = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard target >= 0 else { return }
        defer { close(target) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeBytes(of: &address) {
            connect(target, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
        }
        guard status == 0 else {
            _ = write(Array("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".utf8), descriptor)
            return
        }
        guard write(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8), descriptor) else { return }
        while carryBytes(between: descriptor, and: target) {}
    }

    /// Waits for either side and passes on what it sends; false when one has ended.
    private func carryBytes(between peer: Int32, and target: Int32) -> Bool {
        var pollers = [
            pollfd(fd: peer, events: Int16(POLLIN), revents: 0), pollfd(fd: target, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&pollers, 2, -1) > 0 else { return errno == EINTR }
        for (poller, other) in zip(pollers, [target, peer]) where poller.revents != 0 {
            var bytes: [UInt8] = []
            guard readMore(poller.fd, &bytes), write(bytes, other) else { return false }
        }
        return true
    }
}
