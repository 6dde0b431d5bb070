// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EndpointSigningTests {
    @Test(
        arguments: [("whsec_AAAA", .v1), ("whsk_AAAA", .v1a), ("whsk", .v1), ("", .v1), ("WHSK_AAAA", .v1)]
            as [(String, SignatureScheme)]
    )
    func tellsTheSchemeByThePrefix(text: String, scheme: SignatureScheme) {
        #expect(SigningSecret(Secret(text: text)).scheme == scheme)
    }

    @Test func signsUntilItsEndAndNotAtIt() {
        let end = Timestamp(milliseconds: 1000)
        let secret = SigningSecret(Secret(text: "whsec_AAAA"), until: end)
        #expect(secret.isActive(at: Timestamp(milliseconds: 999)))
        #expect(!secret.isActive(at: end))
        #expect(SigningSecret(Secret(text: "whsec_AAAA")).isActive(at: Timestamp(milliseconds: .max)))
    }

    @Test func namesSchemesAndHeaders() {
        #expect(EndpointSignature.allCases.map(\.rawValue) == ["v1", "v1a", "v1+v1a"])
        #expect(EndpointSignature.both.schemes == [.v1, .v1a])
        for name in SignatureStyle.allCases.flatMap(\.headerNames) { #expect(name == name.lowercased()) }
    }
}
