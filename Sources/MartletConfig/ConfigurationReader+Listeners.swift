// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The sections `ingest` and `admin`.
extension ConfigurationReader {
    func readIngest(_ reader: SettingsReader) -> Configuration.Ingest {
        let ingest = Configuration.Ingest(
            listen: listen(of: reader, default: .defaultIngest),
            maxBodyBytes: reader.integer("maxBodyBytes", default: 65_536, in: 1024...1_048_576),
            trustedProxies: networks("trustedProxies", of: reader, default: []),
            publicURL: publicURL(of: reader)
        )
        refuseUnavailable(
            "tls",
            of: reader,
            remedy: "end TLS in a reverse proxy, list it in \"trustedProxies\" and set null here"
        )
        if !ingest.listen.isLoopback, ingest.trustedProxies.isEmpty {
            reader.warn(
                "listen",
                "is reachable from other machines without TLS; put a reverse proxy in front and list it in \"trustedProxies\""
            )
        }
        reader.finish()
        return ingest
    }

    func readAdmin(_ reader: SettingsReader, shops: [String]) -> Configuration.Admin {
        let listen = listen(of: reader, default: .defaultAdmin)
        let keys = readKeys(reader, shops: shops)
        let hasNoKeys = reader.value("keys").map { $0 == .array([]) } ?? true
        if !listen.isLoopback, hasNoKeys {
            reader.fail(
                "listen",
                "is reachable from other machines, so \"keys\" must have a key; or listen on 127.0.0.1"
            )
        }
        reader.finish()
        return Configuration.Admin(listen: listen, keys: keys)
    }

    func checkListeners(_ configuration: Configuration) {
        guard configuration.admin.listen.collides(with: configuration.ingest.listen) else { return }
        let text = configuration.ingest.listen.text
        report(
            "$.admin.listen",
            "must not be the address that $.ingest.listen takes (\"\(text)\"); choose another port"
        )
    }

    /// Providers take the address of a hook up to 200 characters (providers.md section 6.1).
    private static let longestPublicURL = 110

    private func publicURL(of reader: SettingsReader) -> String? {
        guard let text = reader.string("publicURL") else { return nil }
        guard text.utf8.count <= Self.longestPublicURL else {
            reader.fail("publicURL", "must have at most \(Self.longestPublicURL) characters")
            return nil
        }
        // Before the parser, whose advice is for endpoints.
        guard !text.contains("?"), !text.contains("@") else {
            reader.fail("publicURL", "must not have a query or user information; leave them out")
            return nil
        }
        do throws(EndpointURL.Failure) {
            let url = try EndpointURL(text)
            if !url.isEncrypted, !url.isLoopback {
                reader.fail("publicURL", "must begin with \"https://\"; secrets of payments travel on it")
                return nil
            }
            if !url.isEncrypted {
                reader.warn("publicURL", "is this very machine's, which no provider reaches; fine for tests")
            }
        } catch {
            reader.fail("publicURL", error.message)
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func listen(of reader: SettingsReader, default fallback: ListenSetting) -> ListenSetting {
        guard let text = reader.string("listen") else { return fallback }
        guard let setting = ListenSetting(text) else {
            reader.fail("listen", "must be an address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"")
            return fallback
        }
        return setting
    }

    private func readKeys(_ admin: SettingsReader, shops: [String]) -> [Configuration.AdminKey] {
        var keys: [Configuration.AdminKey] = []
        for reader in admin.nestedList("keys") {
            let name = identifier("name", of: reader)
            if let name, keys.contains(where: { $0.name == name }) {
                reader.fail("name", "\"\(name)\" is the name of an earlier key; names are unique")
            }
            if name == "gateway" {
                reader.fail("name", "must not be \"gateway\": the audit log calls the gateway itself so")
            }
            let roles = Configuration.Role.allCases.map(\.rawValue)
            let role = reader.choice("role", default: Configuration.Role.viewer.rawValue, of: roles)
            let limits = shopSet("shops", of: reader, among: shops)
            let key = readKey(of: reader)
            if let key, keys.contains(where: { $0.key == key }) {
                reader.fail("key", "is the same as an earlier key; each name needs its own")
            }
            if let name, let key, let role = Configuration.Role(rawValue: role) {
                keys.append(Configuration.AdminKey(name: name, key: key, role: role, shops: limits))
            }
            reader.finish()
        }
        return keys
    }

    /// A bearer token stands in a header, so it is visible ASCII (RFC 6750 section 2.1).
    private func readKey(of reader: SettingsReader) -> Secret? {
        guard reader.value("key") != nil else {
            reader.fail("key", "is required; give it as \"env:NAME\" or \"file:PATH\"")
            return nil
        }
        guard let key = reader.secret("key") else { return nil }
        let (isToken, length) = key.withExposedBytes { bytes in
            (bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }, bytes.count)
        }
        guard isToken else {
            reader.fail("key", "must be visible ASCII characters without spaces, since it is sent in a header")
            return nil
        }
        if length < 16 { reader.warn("key", "is shorter than 16 characters and can be guessed; use a longer one") }
        return key
    }
}
