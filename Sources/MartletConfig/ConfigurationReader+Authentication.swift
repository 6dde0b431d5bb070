// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The member `auth` of an endpoint.
extension ConfigurationReader {
    func readAuthentication(_ endpoint: SettingsReader) -> EndpointAuthentication? {
        guard let reader = endpoint.nested("auth") else { return nil }
        guard let type = reader.requiredString("type") else { return nil }
        let authentication: EndpointAuthentication?
        switch type {
        case "basic": authentication = readBasic(reader)
        case "bearer": authentication = readBearer(reader)
        default:
            reader.fail("type", "must be one of \"basic\", \"bearer\"")
            return nil
        }
        reader.finish()
        return authentication
    }

    private func readBasic(_ reader: SettingsReader) -> EndpointAuthentication? {
        let username = reader.requiredString("username")
        // RFC 7617 section 2: the first colon ends the name, and neither part has control characters.
        if let username, username.contains(":") || !Self.isWithoutControls(Array(username.utf8)) {
            reader.fail("username", "must have no colon and no control characters")
        }
        guard let password = requiredSecret("password", of: reader) else { return nil }
        guard password.withExposedBytes(Self.isWithoutControls) else {
            reader.fail("password", "must have no line breaks or other control characters")
            return nil
        }
        return username.map { .basic(username: $0, password: password) }
    }

    private func readBearer(_ reader: SettingsReader) -> EndpointAuthentication? {
        guard let token = requiredSecret("token", of: reader) else { return nil }
        guard token.withExposedBytes({ $0.count <= 4096 && $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
            reader.fail("token", "must be at most 4096 visible ASCII characters without spaces")
            return nil
        }
        return .bearer(token: token)
    }

    private func requiredSecret(_ name: String, of reader: SettingsReader) -> Secret? {
        if reader.value(name) == nil { reader.fail(name, "is required; give it as \"env:NAME\" or \"file:PATH\"") }
        return reader.secret(name)
    }

    private static func isWithoutControls(_ bytes: [UInt8]) -> Bool {
        bytes.count <= 1024 && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
