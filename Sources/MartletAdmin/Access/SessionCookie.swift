// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletWire

/// The cookie that holds a session's id (RFC 6265).
enum SessionCookie {
    static let name = "martlet_session"
    /// Browsers take a cookie of this name only over TLS, for this host and for all paths (RFC 6265bis section 4.1.3.2).
    static let secureName = "__Host-martlet_session"

    /// The session's id in a request, if there is one.
    static func id(in request: HTTPRequest) -> String? {
        var plain: String?
        for field in request.headers.all("Cookie") {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                let value = String(parts[1].trimmingSpaces)
                switch parts[0].trimmingSpaces {
                case secureName[...]: return value
                case name[...]: plain = plain ?? value
                default: break
                }
            }
        }
        return plain
    }

    /// `Set-Cookie` for a new session.
    static func setting(_ id: String, isSecure: Bool) -> (String, String) {
        let attributes = "Path=/; HttpOnly; SameSite=Strict"
        let value = isSecure ? "\(secureName)=\(id); \(attributes); Secure" : "\(name)=\(id); \(attributes)"
        return ("Set-Cookie", value)
    }

    /// `Set-Cookie` that takes both names away.
    static let clearing: [(String, String)] = [
        ("Set-Cookie", "\(name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"),
        ("Set-Cookie", "\(secureName)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure"),
    ]
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
