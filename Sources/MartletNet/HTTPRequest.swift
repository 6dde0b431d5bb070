// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletWire

/// One complete HTTP request, its body read whole and its framing removed.
package struct HTTPRequest: Sendable {
    /// The method as sent, such as `POST`; methods are case-sensitive (RFC 9110 section 9.1).
    package var method: String
    /// The request target exactly as sent (RFC 9112 section 3.2).
    package var target: String
    /// The target's path without its query, still percent-encoded; for an absolute-form target the path inside it.
    package var path: String
    /// Fields in the order they came.
    ///
    /// Bytes that are no UTF-8 appear as U+FFFD. Trailers are not included.
    package var headers: HeaderFields
    package var body: [UInt8]
    /// The address of the connection's other end; a proxy's, when there is one.
    package var peer: IPAddress

    package init(
        method: String,
        target: String,
        headers: HeaderFields = HeaderFields(),
        body: [UInt8] = [],
        peer: IPAddress = .loopback
    ) {
        self.method = method
        self.target = target
        self.path = Self.path(of: target)
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    private static func path(of target: String) -> String {
        let bytes = target.utf8
        guard bytes.first != 0x2F else {
            guard let query = bytes.firstIndex(of: 0x3F) else { return target }
            return String(target[..<query])
        }
        // Absolute form (RFC 9112 section 3.2.2): `http://authority/path?query`.
        guard let colon = bytes.firstIndex(of: 0x3A), bytes[colon...].starts(with: "://".utf8) else { return target }
        let authority = bytes[bytes.index(colon, offsetBy: 3)...]
        let end = authority.firstIndex(of: 0x3F) ?? authority.endIndex
        guard let slash = authority[..<end].firstIndex(of: 0x2F) else { return "/" }
        return String(target[slash..<end])
    }
}
