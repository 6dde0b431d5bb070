// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import MartletCrypto
import Testing

struct EndpointTLSRuleTests {
    private static func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(TestPEM.authority, to: "ca.pem", permissions: 0o644)
        try folder.write(TestPEM.client, to: "tls/client.pem", permissions: 0o644)
        try folder.write(TestPEM.clientKey, to: "tls/client-key.pem")
        try folder.write(TestPEM.expired, to: "expired.pem")
        try folder.write(String(TestPEM.authority.prefix(200)), to: "damaged.pem")
        try folder.write(TestPEM.client + String(TestPEM.authority.prefix(200)), to: "half.pem")
        try folder.write(TestPEM.encryptedKey, to: "encrypted-key.pem")
        try folder.write(TestPEM.client + TestPEM.clientKey, to: "both.pem", permissions: 0o644)
        return folder
    }

    private static func load(_ tls: String, url: String = "https://ledger.example/hooks") throws
        -> ConfigurationText.LoadResult
    {
        let folder = try folder()
        let (configuration, problems) = ConfigurationText.endpoint("\"tls\": \(tls)", url: url).load(
            folder: folder.path
        )
        let relative = problems.map { problem in
            var problem = problem
            problem.message.replace(folder.path, with: "FOLDER")
            return problem
        }
        return (configuration, relative)
    }

    @Test func readsPathsFromTheConfigurationsFolderAndReferences() throws {
        let (loaded, problems) = try Self.load(
            #"{ "ca": "ca.pem", "certificate": "file:tls/client.pem", "key": "file:tls/client-key.pem" }"#
        )
        #expect(problems.lines == [])
        let tls = try #require(loaded?.endpoints.first?.tls)
        #expect(tls.authorities == Array(TestPEM.authority.utf8))
        #expect(tls.identity?.certificate == Array(TestPEM.client.utf8))
        #expect(tls.identity?.key == Secret(text: TestPEM.clientKey))
        var description = ""
        dump(tls, to: &description)
        #expect(!description.contains("PRIVATE KEY"))
    }

    @Test(arguments: ["null", "{}", #"{ "ca": null, "certificate": null, "key": null }"#])
    func nothingMeansTheSystemsAuthorities(tls: String) throws {
        let (loaded, problems) = try Self.load(tls)
        #expect(problems.lines == [])
        let endpoint = try #require(loaded?.endpoints.first)
        #expect(endpoint.tls == nil)
    }

    private static let noCertificate = #"is not a certificate in PEM ("-----BEGIN CERTIFICATE-----")"#
    private static let noKey =
        #"is not a private key in PEM without a passphrase; "openssl pkey -in FILE" writes one"#

    static let mistakes = [
        (#"{ "ca": "missing.pem" }"#, "error: $.endpoints[0].tls.ca: the file FOLDER/missing.pem does not exist"),
        (#"{ "ca": "damaged.pem" }"#, "error: $.endpoints[0].tls.ca: \(noCertificate)"),
        (#"{ "ca": "half.pem" }"#, "error: $.endpoints[0].tls.ca: \(noCertificate)"),
        (#"{ "ca": "tls/client-key.pem" }"#, "error: $.endpoints[0].tls.ca: \(noCertificate)"),
        (#"{ "ca": "env:BANK_KEY" }"#, "error: $.endpoints[0].tls.ca: \(noCertificate)"),
        (#"{ "ca": 5 }"#, "error: $.endpoints[0].tls.ca: must be text, not a number"),
        (#"{ "ca": "expired.pem" }"#, "warning: $.endpoints[0].tls.ca: has expired; replace it"),
        (
            #"{ "clientKey": "ca.pem" }"#,
            "error: $.endpoints[0].tls.clientKey: is not a known key; known keys: ca, certificate, key"
        ),
        (
            #"{ "certificate": "tls/client.pem" }"#,
            "error: $.endpoints[0].tls.key: is required with \"certificate\"; give the secret's reference, such as "
                + "\"file:PATH\""
        ),
        (
            #"{ "key": "file:tls/client-key.pem" }"#,
            "error: $.endpoints[0].tls.certificate: is required with \"key\"; give the client certificate"
        ),
        (
            #"{ "certificate": "ca.pem", "key": "file:tls/client-key.pem" }"#,
            "error: $.endpoints[0].tls.key: does not belong to the certificate; give the key that was made for it"
        ),
        (
            #"{ "certificate": "tls/client.pem", "key": "file:encrypted-key.pem" }"#,
            "error: $.endpoints[0].tls.key: \(noKey)"
        ),
        (
            #"{ "certificate": "tls/client.pem", "key": "env:BANK_KEY" }"#,
            "error: $.endpoints[0].tls.key: \(noKey)"
        ),
        (
            #"{ "certificate": "tls/client.pem", "key": "tls/client-key.pem" }"#,
            #"error: $.endpoints[0].tls.key: must be a secret's reference: "env:NAME", "file:PATH" or "plain:VALUE""#
        ),
        (
            #"{ "certificate": "both.pem", "key": "file:both.pem" }"#,
            "warning: $.endpoints[0].tls.key: the file FOLDER/both.pem can be read by every user of this machine; run "
                + "\"chmod o-r\" on it"
        ),
        (#""ca.pem""#, "error: $.endpoints[0].tls: must be an object, not text"),
    ]

    @Test(arguments: mistakes)
    func mistakeIsNamedWithItsPlaceAndRemedy(tls: String, expected: String) throws {
        let (_, problems) = try Self.load(tls)
        #expect(problems.lines == [expected])
    }

    @Test func hasNoEffectWithoutEncryption() throws {
        let (_, problems) = try Self.load(#"{ "ca": "ca.pem" }"#, url: "http://127.0.0.1/")
        #expect(
            problems.lines.contains(
                "warning: $.endpoints[0].tls: has no effect, because \"url\" is not encrypted"
            )
        )
    }
}
