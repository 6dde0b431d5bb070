// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The parts of a subscriber's URL that the configuration judges (RFC 3986).
struct EndpointURL: Equatable {
    var isEncrypted: Bool
    /// Lower case, without brackets.
    var host: String

    /// Why a text is not the URL of an endpoint; the text itself may hold a token and is never repeated.
    struct Failure: Error, Equatable {
        var message: String
    }

    init(_ text: String) throws(Failure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.forbidden.contains($0) }) else {
            throw Failure(message: "has a character that a URL does not allow; write it as \"%XX\"")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw Failure(message: "must be an absolute URL such as \"https://ledger.example/hooks\"")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isEncrypted = true
        case "http": isEncrypted = false
        default: throw Failure(message: "must begin with \"https://\" or \"http://\"")
        }
        let rest = text[separator.upperBound...]
        guard !rest.contains("#") else {
            throw Failure(message: "must not have a fragment; remove \"#\" and what follows")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Failure(message: "must not hold a user or password; give them in \"auth\"")
        }
        host = try Self.host(of: authority)
    }

    /// Whether the host is `localhost`, in 127.0.0.0/8, or `::1`; other names are not resolved here.
    var isLoopback: Bool { address?.isLoopback ?? false }

    /// The address that the host states without a look-up.
    var address: IPAddress? { host == "localhost" ? .loopback : IPAddress(host) }

    private static func host(of authority: Substring) throws(Failure) -> String {
        let host: Substring
        let port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw Failure(message: "has an IPv6 address without its closing bracket")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":"), host.contains(":"), IPAddress(host) != nil else {
                throw Failure(message: "has something in brackets that is not an IPv6 address")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first ?? ""
            port = parts.count == 2 ? parts[1] : nil
            guard host.utf8.allSatisfy(isNameByte) else {
                throw Failure(message: "has a host that is neither a name nor an address")
            }
        }
        guard !host.isEmpty else { throw Failure(message: "must name a host") }
        if let port {
            let isDecimal = !port.isEmpty && port.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            guard isDecimal, let number = UInt16(port), number > 0 else {
                throw Failure(message: "has a port that is not a number from 1 to 65535")
            }
        }
        return host.lowercased()
    }

    /// Letters, digits, hyphen, dot and underscore; international names are written in their `xn--` form.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || byte == 0x2D
            || byte == 0x2E
            || byte == 0x5F
    }

    /// Delimiters that RFC 3986 leaves out of every part: `"<>\^` and the grave accent, `{|}`.
    private static let forbidden = Set("\"<>\\^`{|}".utf8)
}
