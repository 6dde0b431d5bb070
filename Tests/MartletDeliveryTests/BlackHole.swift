// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A loopback port behind which nobody answers, for as long as this value lives.
final class BlackHole {
    enum Depth {
        /// The system completes connections and nobody reads them.
        case connected
        /// The system drops the packets that ask for a connection, because its queue of them is full.
        case dropped
    }

    let port: UInt16
    private var descriptors: [Int32] = []

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    init(_ depth: Depth) throws {
        let listener = Self.tcp(nonBlocking: false)
        descriptors = [listener]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            guard bind(listener, pointer, length) == 0, listen(listener, depth == .dropped ? 0 : 64) == 0 else {
                return Int32(-1)
            }
            return getsockname(listener, pointer, &length)
        }
        guard status == 0 else { throw BlackHoleDidNotOpen() }
        port = UInt16(bigEndian: address.sin_port)
        guard depth == .dropped else { return }
        // On the loopback a handshake is over when `connect` returns, so the queue is full after the first.
        for _ in 0..<4 {
            let filler = Self.tcp(nonBlocking: true)
            descriptors.append(filler)
            _ = withUnsafeBytes(of: &address) {
                connect(filler, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
            }
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private static func tcp(nonBlocking: Bool) -> Int32 {
        let flags = nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0
        return socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags, 0)
    }

    private struct BlackHoleDidNotOpen: Error {}
}
