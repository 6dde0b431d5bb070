// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// An address and a port to listen on, written `127.0.0.1:8080` or `[::1]:8080`.
package struct ListenSetting: Sendable, Equatable, CustomStringConvertible {
    /// As written in the file.
    package let text: String
    package let host: IPAddress
    /// 0 lets the system choose.
    package let port: UInt16

    package var description: String { text }

    /// Nil unless the text is an address (IPv6 in brackets), a colon and a port from 0 to 65535.
    ///
    /// Names are not taken: what they resolve to may change between two starts.
    package init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: 0x3A) else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host), host.contains(":") == isBracketed else { return nil }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits) else {
            return nil
        }
        self.text = text
        self.host = address
        self.port = port
    }

    private init(loopbackPort port: UInt16) {
        text = "127.0.0.1:\(port)"
        host = .loopback
        self.port = port
    }

    static let defaultIngest = ListenSetting(loopbackPort: 8080)
    static let defaultAdmin = ListenSetting(loopbackPort: 8081)

    package var isLoopback: Bool { host.isLoopback }

    /// Whether both cannot be bound at once: the same port, and one address that covers the other.
    func collides(with other: ListenSetting) -> Bool {
        guard port == other.port, port != 0 else { return false }
        return host == other.host || host.isUnspecified || other.host.isUnspecified
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        isIPv4 ? bytes[0] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// 0.0.0.0 or ::, which stand for every address of the machine.
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
}
