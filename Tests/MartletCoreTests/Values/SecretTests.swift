// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct SecretTests {
    private struct Holder {
        var name = "holder"
        var secret: Secret
    }

    private static let text = "hunter2-hunter2"

    private var prints: [String] {
        let secret = Secret(text: Self.text)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Holder(secret: secret), to: &dumped)
        dump([secret], to: &dumped)
        dump(Optional(secret), to: &dumped)
        dump(["key": secret], to: &dumped)
        let pair = Endpoint.HeaderPair(name: "authorization", value: secret)
        let endpoint = Endpoint(
            id: EndpointID("a"),
            url: "https://a.example",
            secrets: [SigningSecret(secret)],
            authentication: .basic(username: "martlet", password: secret),
            headers: [pair]
        )
        dump(endpoint, to: &dumped)
        return [
            dumped, "\(secret)", String(describing: secret), String(reflecting: secret), secret.debugDescription,
            "\([secret])", String(reflecting: [secret]), "\(Optional(secret) as Any)",
            String(reflecting: Optional(secret) as Any), "\(Holder(secret: secret))",
            String(reflecting: Holder(secret: secret)), "\(["key": secret])", "\((1, secret))",
            "\(Result<Secret, SampleError>.success(secret))", "\(endpoint)", String(reflecting: endpoint),
            "\(Mirror(reflecting: secret).children.map { "\($0)" })",
        ]
    }

    @Test func neverPrintsItsBytes() {
        let asNumbers = Self.text.utf8.map { String($0) }.joined(separator: ", ")
        for print in prints {
            #expect(!print.contains("hunter"))
            #expect(!print.contains(asNumbers))
        }
        #expect("\(Secret(text: "x"))" == "***")
        #expect(String(reflecting: Secret(text: "x")) == "***")
    }

    @Test func showsNoChildrenToMirrors() {
        #expect(Mirror(reflecting: Secret(text: Self.text)).children.isEmpty)
    }

    @Test func exposesItsBytesOnlyInsideTheCall() {
        #expect(Secret(text: "abc").withExposedBytes { $0 } == [0x61, 0x62, 0x63])
        #expect(Secret([]).isEmpty)
        #expect(!Secret([0]).isEmpty)
        #expect(Secret(text: "a") == Secret([0x61]))
        #expect(throws: SampleError.self) {
            try Secret(text: "a").withExposedBytes { _ throws(SampleError) in throw SampleError("stop") }
        }
    }
}
