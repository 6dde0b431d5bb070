// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto
import MartletProviders
import MartletTesting
import MartletWire
import Testing

/// `config.example.json` is the documentation that people copy, so it must load as it stands.
struct ExampleFileTests {
    private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()

    private static func example() throws -> String {
        try String(contentsOf: root.appendingPathComponent("config.example.json"), encoding: .utf8)
    }

    /// The example in a folder of its own, with a public key of SpectroCoin beside it.
    private static func load(publicKey: String? = nil, editing edit: (String) -> String = { $0 }) throws
        -> ConfigurationText.LoadResult
    {
        let folder = try TemporaryFolder()
        let generated = try publicKey ?? String(decoding: RSAPrivateKey.generatePEM().publicKey, as: UTF8.self)
        try folder.write(generated, to: "spectrocoin.pem")
        let path = try folder.write(edit(example()), to: "config.json")
        return ConfigurationLoader.load(
            path: path,
            providers: ProviderRegistry.kinds,
            environment: try environment()
        )
    }

    /// A value for each variable that the example names.
    private static func environment() throws -> [String: String] {
        var environment: [String: String] = [:]
        for match in try example().matches(of: #/"env:([A-Z_]+)"/#) {
            environment[String(match.1)] = WebhookSecret.generate()
        }
        environment["MARTLET_SECRETS_KEY"] = SecretsKey.generate()
        return environment
    }

    @Test func loadsWithoutAProblem() throws {
        let (loaded, problems) = try Self.load()
        #expect(problems.lines == [])
        let configuration = try #require(loaded)
        #expect(configuration.sources.map(\.id.description) == Self.sources)
        for source in configuration.sources {
            #expect((source.push == nil) == (source.provider == "hype"), "\(source)")
        }
        #expect(configuration.endpoints.map(\.id.rawValue) == ["ledger"])
    }

    private static let sources = [
        "spectrocoin/shop-eu", "cryptomus/main", "kryptoswap/main", "hype/uz-main", "hmac/webshop", "standard/partner",
    ]

    @Test func secretsAreReferencesThatMustBeThere() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.example(), to: "config.json")
        let (loaded, problems) = ConfigurationLoader.load(
            path: path,
            providers: ProviderRegistry.kinds,
            environment: [:]
        )
        #expect(loaded == nil)
        let missing = problems.filter { $0.severity == .error && $0.message.contains("is not set") }
        #expect(missing.count == (try Self.environment().count))
        #expect(problems.contains { $0.message == "the file \(folder.path)/spectrocoin.pem does not exist" })
    }

    @Test func everyKeyIsDocumented() throws {
        let page = Self.root.appendingPathComponent("docs/configuration.md")
        let documentation = try String(contentsOf: page, encoding: .utf8)
        for key in Self.keys(of: try JSONReader.read(Array(Self.example().utf8))) {
            #expect(documentation.contains("`\(key)`") || documentation.contains(".\(key)`"), "\(key)")
        }
    }

    private static func keys(of value: JSONValue) -> Set<String> {
        switch value {
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(keys(of: $1)) }
        case .object(let object):
            object.members.reduce(into: []) { keys, member in
                keys.insert(member.name)
                // Names of headers and the sender's own words are no keys.
                if !["headers", "typeMap"].contains(member.name) { keys.formUnion(Self.keys(of: member.value)) }
            }
        default: []
        }
    }

    // MARK: the published test key

    private static let publishedKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtp1bUszejbHa/1TBxbvu
        OLaPUNrZR6h3J9z5DaAFSQdTvSv9CFW2A7ROYRXsTWAx7fI1OYXlZzwja0rj7qmD
        DTuRlumiAJF+9Pa+sHJVs2iXFVIkbY9x0iDy3vFCYebXNxaTKEfbqcD36WYhLgs9
        GUHbBtIVBXW+ajkev/F8QfIrkLlE5XI0j/hyhnYTf+imJibGer1kHD19R8CZP1TP
        8ocsx1W0vUDX2M40QOe/OCeZ2n9UqDWoN3bMVBU9tyhEOGoESiWWvedhKnbOztEo
        8lAjtAzxuplET2TS6Pktn3P8xp5JCCr1GU2uaTf64oxlU+nznj6zJCylhzNeIJcw
        /QIDAQAB
        -----END PUBLIC KEY-----

        """

    @Test func thePublishedTestKeyIsAWarningOnThisMachineAlone() throws {
        let (configuration, problems) = try Self.load(publicKey: Self.publishedKey)
        #expect(configuration != nil)
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.map(\.message) == [SpectroCoin.publishedTestKeyMessage])
    }

    @Test(arguments: [
        ("http://127.0.0.1:9090/hooks", "https://ledger.example/hooks"), ("127.0.0.1:8080", "0.0.0.0:8080"),
    ])
    func thePublishedTestKeyIsAnErrorElsewhere(old: String, new: String) throws {
        let (configuration, problems) = try Self.load(publicKey: Self.publishedKey) { text in
            text.replacingOccurrences(of: old, with: new)
        }
        #expect(configuration == nil)
        let errors = problems.filter { $0.severity == .error }
        #expect(errors.map(\.path) == problems.filter { $0.path.contains("publicKeys") }.map(\.path))
        #expect(
            errors.map(\.message) == [
                SpectroCoin.publishedTestKeyMessage
                    + #"; only a test run may use it: "testMode": true, or ingest and every endpoint on loopback"#
            ]
        )
    }

    @Test func thePublishedTestKeyIsAWarningInTestMode() throws {
        let (configuration, problems) = try Self.load(publicKey: Self.publishedKey) { text in
            text.replacingOccurrences(of: #""testMode": false"#, with: #""testMode": true"#)
                .replacingOccurrences(of: "http://127.0.0.1:9090/hooks", with: "https://ledger.example/hooks")
        }
        #expect(configuration != nil)
        #expect(problems.map(\.message) == [SpectroCoin.publishedTestKeyMessage])
    }
}
