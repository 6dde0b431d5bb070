// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

/// What the host of a URL is, as far as it can be said without resolving it.
enum ProxiedTarget: Equatable {
    /// Only the proxy can say where it leads.
    case name
    case address(IPAddress)
    /// Neither a name nor an address to libcurl, and perhaps an address to the proxy.
    case neither

    /// Reads the host as libcurl does, which knows `127.1` and `0x7f000001`, too.
    ///
    /// - Throws: `CurlProblem` for a URL that libcurl would refuse.
    init(url text: String) throws(CurlProblem) {
        guard let url = curl_url() else {
            throw CurlProblem(failure: .other, detail: "libcurl has no memory for a URL")
        }
        defer { curl_url_cleanup(url) }
        var code = curl_url_set(url, CURLUPART_URL, text, 0)
        var part: UnsafeMutablePointer<CChar>?
        if code == CURLUE_OK { code = curl_url_get(url, CURLUPART_HOST, &part, 0) }
        guard code == CURLUE_OK, let part else {
            throw CurlProblem(failure: .other, detail: String(cString: curl_url_strerror(code)))
        }
        defer { curl_free(part) }
        self.init(host: String(cString: part))
    }

    /// `host`: without a port; an IPv6 address in brackets.
    init(host text: String) {
        if text.hasPrefix("[") {
            self = IPAddress(text.dropFirst().dropLast()).map(Self.address) ?? .neither
            return
        }
        // Resolvers drop the root's dot.
        let host = text.hasSuffix(".") ? text.dropLast() : text[...]
        let last = host.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        if let address = IPAddress(host) {
            self = .address(address)
        } else if host.lowercased() == "localhost" || host.lowercased().hasSuffix(".localhost") {
            // RFC 6761 section 6.3.
            self = .address(.loopback)
        } else if !host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) || Self.isNumber(last) {
            // Other digits become ASCII's on the way, and no top-level domain is a number (URL Standard, "ends in a
            // number"): some resolvers read such a host as an address.
            self = .neither
        } else {
            self = .name
        }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        let isDecimal = label.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        return isDecimal || label.lowercased().hasPrefix("0x")
    }
}
