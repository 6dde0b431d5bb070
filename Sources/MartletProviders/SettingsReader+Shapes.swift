// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Shapes that several providers' settings share.
extension SettingsReader {
    /// A secret that is not empty; nil if absent or wrong.
    func keyMaterial(_ name: String) -> Secret? {
        guard let secret = secret(name) else { return nil }
        if secret.isEmpty {
            fail(name, "is empty; give the secret's value, or leave the key out")
            return nil
        }
        return secret
    }

    /// A list of secrets, none of them empty.
    func keyMaterials(_ name: String) -> [Secret] {
        let secrets = secrets(name)
        if secrets.contains(where: \.isEmpty) { fail(name, "holds an empty secret; give its value, or take it out") }
        return secrets.filter { !$0.isEmpty }
    }

    /// The base address of a provider's interface, without a slash at its end; nil if absent or wrong.
    func baseAddress(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        let isAddress = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x23 && $0 != 0x5C }
        guard isAddress, ProviderInterface.host(of: text) != nil else {
            fail(name, "must be an address such as \"https://api.example.com\", without user information or a query")
            return nil
        }
        if !text.hasPrefix("https://") { warn(name, "is not encrypted; use https:// outside of tests") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A UUID in lower case; nil if absent or wrong.
    func uuid(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        guard text.isUUID else {
            fail(name, "must be a UUID such as \"0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f\"")
            return nil
        }
        return text.lowercased()
    }

    /// Text that can stand in a request's header: visible ASCII; nil if absent or wrong.
    func headerText(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            fail(name, "must be letters, digits and signs without spaces, as the provider's page shows it")
            return nil
        }
        return text
    }

    /// A whole number as text; nil if absent or wrong.
    func digits(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        guard text.isDigits, text.utf8.count <= 19 else {
            fail(name, "must be a whole number as text, such as \"4711\"")
            return nil
        }
        return text
    }

    /// Addresses or blocks of them in CIDR notation.
    func addressBlocks(_ name: String) -> [AddressBlock] {
        strings(name, default: []).compactMap { text in
            if let block = AddressBlock(text) { return block }
            fail(name, "must hold addresses or blocks such as \"91.227.144.54\" or \"192.0.2.0/24\"")
            return nil
        }
    }
}

extension SettingsReader {
    /// Whether an error was reported after there were `count` problems.
    func hasErrors(since count: Int) -> Bool { problems.all[count...].contains { $0.severity == .error } }
}
