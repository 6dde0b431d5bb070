// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import MartletCrypto
import MartletWire
import Testing

/// `secretsKey`, `previousSecretsKeys`, and endpoints that the API makes.
struct SealingRuleTests {
    private static let key = SecretsKey.generate()
    private static let former = SecretsKey.generate()

    private func load(_ extra: String, sources: String? = nil) -> ConfigurationText.LoadResult {
        var text = ConfigurationText()
        text.extra = extra
        if let sources { text.sources = sources }
        return text.load(
            environment: ConfigurationText.environment.merging(["KEY": Self.key, "FORMER": Self.former]) { $1 }
        )
    }

    @Test func readsThePresentKeyAndFormerOnes() throws {
        let (configuration, problems) = load(#""secretsKey": "env:KEY", "previousSecretsKeys": ["env:FORMER"],"#)
        #expect(problems.lines == [])
        let box = try #require(configuration?.secretBox)
        #expect(box.keyID == (try SecretsKey(Secret(text: Self.key))).id)
        #expect(box.has((try SecretsKey(Secret(text: Self.former))).id))
        #expect(load("").configuration?.secretBox == nil)
        #expect(load("").problems.lines == [])
    }

    @Test(arguments: [
        (#""secretsKey": "env:BANK_KEY","#, "$.secretsKey", "must be the Base64 of 32 bytes"),
        (#""secretsKey": "env:NONE","#, "$.secretsKey", "is not set"),
        (#""secretsKey": "env:KEY", "previousSecretsKeys": ["env:SHORT_KEY"],"#, "$.previousSecretsKeys[0]", "must be"),
        (#""secretsKey": "env:KEY", "previousSecretsKeys": ["env:KEY"],"#, "$.previousSecretsKeys[0]", "repeats"),
        (#""previousSecretsKeys": ["env:FORMER"],"#, "$.secretsKey", "is required with"),
    ])
    func wrongKeysAreErrors(extra: String, path: String, message: String) {
        let (configuration, problems) = load(extra)
        #expect(configuration == nil)
        #expect(problems.contains { $0.path == path && $0.message.contains(message) }, "\(problems.lines)")
        #expect(!problems.lines.joined().contains("nobody-may-see"))
    }

    // MARK: endpoints of the API

    private func read(
        _ json: String,
        isStored: Bool = false
    ) throws -> (endpoint: Endpoint?, problems: [SettingsProblem]) {
        let configuration = try #require(ConfigurationText().load().configuration)
        let object = try #require(try JSONReader.read(Array(json.utf8)).object)
        return configuration.readEndpoint(object, isStored: isStored, now: Timestamp(milliseconds: 0))
    }

    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test func theAPIsEndpointsHaveTheSameShapeWithValuesInPlaceOfReferences() throws {
        let (endpoint, problems) = try read(
            #"""
            { "id": "crm", "url": "https://crm.example/hooks", "shops": ["nordic"], "events": ["payment.paid"],
              "secrets": ["plain:\#(Self.secret)"], "headers": { "authorization": "Bearer abc" }, "timeout": "3s" }
            """#
        )
        #expect(problems.lines == [])
        #expect(endpoint?.secrets == [SigningSecret(Secret(text: Self.secret))])
        #expect(endpoint?.timeout == .seconds(3))
        #expect(endpoint?.headers.map(\.value) == [Secret(text: "Bearer abc")])
        let token = try read(
            #"""
            { "id": "crm", "url": "https://crm.example/hooks", "secrets": ["\#(Self.secret)"],
              "auth": { "type": "bearer", "token": "t0k3n" } }
            """#
        )
        #expect(token.endpoint?.authentication == .bearer(token: Secret(text: "t0k3n")))
    }

    /// Whoever may make endpoints must not read the gateway's files and environment through them.
    @Test(arguments: [
        (#""secrets": ["env:LEDGER_SECRET"]"#, "$.secrets[0]"),
        (#""secrets": ["\#(secret)"], "headers": { "x-a": "file:/etc/hostname" }"#, "$.headers.x-a"),
        (#""secrets": ["\#(secret)"], "headers": { "x-a": "env:LEDGER_SECRET" }"#, "$.headers.x-a"),
        (#""secrets": ["\#(secret)"], "auth": { "type": "bearer", "token": "file:/etc/hostname" }"#, "$.auth.token"),
        (#""secrets": ["\#(secret)"], "tls": { "ca": "/etc/ssl/certs/ca-certificates.crt" }"#, "$.tls.ca"),
    ])
    func referencesAreTheFilesAlone(members: String, path: String) throws {
        let (endpoint, problems) = try read(#"{ "id": "crm", "url": "https://crm.example/hooks", \#(members) }"#)
        #expect(endpoint == nil)
        #expect(problems.contains { $0.path == path && $0.message.contains("must be the value itself") })
    }

    @Test func aShopThatIsGoneIsNoErrorForWhatIsStored() throws {
        let json = #"""
            { "id": "crm", "url": "https://crm.example/hooks", "shops": ["gone"], "secrets": ["\#(Self.secret)"] }
            """#
        #expect(try read(json).problems.map(\.path) == ["$.shops[0]"])
        #expect(try read(json, isStored: true).endpoint?.shops == ["gone"])
    }
}
