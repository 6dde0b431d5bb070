// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// The members `proxy` and `proxyAuth` of `delivery`.
extension ConfigurationReader {
    func readProxy(_ reader: SettingsReader) -> EgressProxy? {
        let authorization = readProxyAuthorization(reader)
        guard let text = reader.string("proxy") else {
            if reader.value("proxy") == nil, reader.value("proxyAuth") != nil {
                reader.fail("proxyAuth", "has no effect without \"proxy\"; give the proxy, or remove this")
            }
            return nil
        }
        if let rule = Self.brokenRule(ofProxy: text) {
            reader.fail("proxy", rule)
            return nil
        }
        return EgressProxy(url: text.hasSuffix("/") ? String(text.dropLast()) : text, authorization: authorization)
    }

    /// The text itself may hold a password and is never repeated.
    private static func brokenRule(ofProxy text: String) -> String? {
        let form = "must be \"http://HOST:PORT\", such as \"http://127.0.0.1:3128\""
        guard let prefix = text.firstRange(of: "://"), text[..<prefix.lowerBound].lowercased() == "http" else {
            return form
        }
        var authority = text[prefix.upperBound...]
        if authority.hasSuffix("/") { authority.removeLast() }
        if authority.contains("@") { return "must not hold a user or password; give them in \"proxyAuth\"" }
        guard !authority.contains("/"), !authority.contains("?"), !authority.contains("#") else { return form }
        // After an IPv6 address's bracket, if there is one. Without a port libcurl would try 1080.
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        guard authority[end...].contains(":") else { return "must state the proxy's port; \(form)" }
        do throws(EndpointURL.Failure) {
            _ = try EndpointURL(text)
            return nil
        } catch {
            return error.message
        }
    }

    /// The header for a reference to `USER:PASSWORD` (RFC 7617 section 2).
    private func readProxyAuthorization(_ reader: SettingsReader) -> Secret? {
        guard let credentials = reader.secret("proxyAuth") else { return nil }
        let value: Secret? = credentials.withExposedBytes { bytes in
            let isText = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            guard isText, let colon = bytes.firstIndex(of: 0x3A), colon > 0 else { return nil }
            return Secret(text: "Basic \(Base64.encode(bytes))")
        }
        if value == nil {
            reader.fail("proxyAuth", "must be a user's name, a colon and a password, without control characters")
        }
        return value
    }
}
