// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The member `headers` of an endpoint.
extension ConfigurationReader {
    /// Each value is literal text, or a reference if it begins with `env:`, `file:` or `plain:`.
    ///
    /// Martlet's own headers, those of the endpoint's `styles` and, beside `auth`, `authorization` are refused.
    func readHeaders(_ endpoint: SettingsReader, styles: [SignatureStyle]) -> [Endpoint.HeaderPair] {
        guard let reader = endpoint.nested("headers"), case .object(let object) = endpoint.value("headers") else {
            return []
        }
        var headers: [Endpoint.HeaderPair] = []
        if object.members.count > 32 { endpoint.fail("headers", "must have at most 32 headers") }
        for member in object.members {
            let name = member.name
            let value = readHeaderValue(name, of: reader)
            if let rule = Self.brokenRule(ofHeader: name) ?? owner(ofHeader: name, styles: styles, endpoint) {
                reader.fail(name, rule)
            } else if headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                reader.fail(name, "is given twice; the case of letters does not matter in a header's name")
            } else if let value {
                headers.append(Endpoint.HeaderPair(name: name, value: value))
            }
        }
        return headers
    }

    private func readHeaderValue(_ name: String, of reader: SettingsReader) -> Secret? {
        let isReference = ["env:", "file:", "plain:"].contains { reader.value(name)?.string?.hasPrefix($0) ?? false }
        let value = isReference ? reader.secret(name) : literal(name, of: reader)
        guard let value else { return nil }
        // RFC 9110 section 5.5: visible characters, with spaces and tabs only between them.
        let isValid = value.withExposedBytes { bytes in
            bytes.count <= 4096 && bytes.first != 0x20 && bytes.first != 0x09 && bytes.last != 0x20
                && bytes.last != 0x09
                && bytes.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 }
        }
        guard isValid else {
            reader.fail(name, "must be at most 4096 ASCII characters, without line breaks and without spaces around")
            return nil
        }
        return value
    }

    private func literal(_ name: String, of reader: SettingsReader) -> Secret? {
        guard reader.value(name) != nil else {
            reader.fail(name, "must be text; remove the header if it has no value")
            return nil
        }
        guard let text = reader.string(name) else { return nil }
        if ["authorization", "x-api-key"].contains(name.lowercased()) {
            reader.warn(name, "the secret stands in the file itself; prefer \"env:NAME\" or \"file:PATH\"")
        }
        return Secret(text: text)
    }

    /// Why an option of this endpoint keeps the name for itself; nil if none does.
    private func owner(ofHeader name: String, styles: [SignatureStyle], _ endpoint: SettingsReader) -> String? {
        let lowered = name.lowercased()
        if let style = styles.first(where: { $0.headerNames.contains(lowered) }) {
            return "is set by the style \"\(style.rawValue)\" of \"signatureStyles\"; remove one of them"
        }
        guard lowered == "authorization", endpoint.value("auth") != nil else { return nil }
        return "is set by \"auth\"; remove one of them"
    }

    private static func brokenRule(ofHeader name: String) -> String? {
        // token, RFC 9110 section 5.6.2.
        let isToken = name.utf8.allSatisfy { byte in
            (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A)
                || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        guard !name.isEmpty, isToken else { return "is not a header's name; use letters, digits and hyphens" }
        let lowered = name.lowercased()
        let isOwn = ownHeaders.contains(lowered) || lowered.hasPrefix("webhook-") || lowered.hasPrefix("martlet-")
        return isOwn ? "is set by Martlet itself; remove it" : nil
    }

    /// What Martlet writes on every attempt, and what belongs to the connection (RFC 9110 section 7.6.1).
    private static let ownHeaders: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-connection", "te",
        "traceparent", "trailer", "transfer-encoding", "upgrade",
    ]
}
