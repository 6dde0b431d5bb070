// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import MartletCore

/// Where a listener listens, such as `127.0.0.1:8080` or `[::1]:8080`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: IPAddress
    /// 0 lets the system choose.
    package var port: UInt16

    package init(host: IPAddress, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `address:port`, an IPv6 address in brackets; names are not looked up.
    ///
    /// Nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var name = text[..<colon]
        let digits = text[text.index(after: colon)...]
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]") && name.count > 2
        if isBracketed { name = name.dropFirst().dropLast() }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits),
            let host = IPAddress(name), name.contains(":") == isBracketed
        else { return nil }
        self.init(host: host, port: port)
    }

    package var description: String { host.isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}

extension ListenAddress {
    /// Calls `body` with the address as the kernel reads it (ip(7), ipv6(7)).
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { raw in
            let length: Int
            if host.isIPv4 {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: host.bytes) }
                raw.storeBytes(of: address, as: sockaddr_in.self)
                length = MemoryLayout<sockaddr_in>.size
            } else {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: host.bytes) }
                raw.storeBytes(of: address, as: sockaddr_in6.self)
                length = MemoryLayout<sockaddr_in6>.size
            }
            return raw.withMemoryRebound(to: sockaddr.self) { rebound in
                guard let base = rebound.baseAddress else { preconditionFailure("a sockaddr_storage has an address") }
                return body(base, socklen_t(length))
            }
        }
    }

    /// Nil unless the kernel wrote an IPv4 or IPv6 address.
    init?(_ storage: sockaddr_storage) {
        let read = withUnsafeBytes(of: storage) { raw -> (bytes: [UInt8], port: UInt16)? in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = raw.loadUnaligned(as: sockaddr_in.self)
                return (withUnsafeBytes(of: address.sin_addr) { Array($0) }, UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = raw.loadUnaligned(as: sockaddr_in6.self)
                return (withUnsafeBytes(of: address.sin6_addr) { Array($0) }, UInt16(bigEndian: address.sin6_port))
            default: return nil
            }
        }
        guard let read, let host = IPAddress(bytes: read.bytes) else { return nil }
        self.init(host: host, port: read.port)
    }
}
