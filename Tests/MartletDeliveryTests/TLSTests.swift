// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletDelivery
import MartletTesting
import MartletWire
import Testing

@Suite("TLS and HTTP/2", .timeLimit(.minutes(1)))
struct TLSTests {
    @Test func certificateOfAnUnknownAuthorityIsRefused() async throws {
        try await withNginx { server, _ in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(host: "localhost")))
                #expect(result.outcome == .failed(.tls), "\(result)")
                #expect(result.detail?.isEmpty == false)
            }
        }
    }

    @Test func certificateIsAcceptedWithItsAuthority() async throws {
        try await withNginx { server, certificate in
            try await withTransport(caFile: certificate) { transport in
                let result = await transport.result(of: .test(server.url(host: "localhost")))
                #expect(result.outcome == .answered(status: 200), "\(result)")
                #expect(text(result.body) == "secure")
            }
        }
    }

    @Test func certificateForAnotherNameIsRefused() async throws {
        try await withNginx { server, certificate in
            try await withTransport(caFile: certificate) { transport in
                let result = await transport.result(of: .test(server.url(host: "127.0.0.1")))
                #expect(result.outcome == .failed(.tls), "\(result)")
            }
        }
    }

    @Test func http2IsSpokenAndOneConnectionCarriesManyRequests() async throws {
        try await withNginx { server, certificate in
            try await withTransport(caFile: certificate) { transport in
                let url = server.url(host: "localhost")
                let first = await transport.result(of: .test(url))
                #expect(first.headers[first: "x-protocol"] == "HTTP/2.0", "\(first)")
                let results = await transport.results(of: (0..<50).map { _ in .test(url) })
                #expect(results.allSatisfy { $0.outcome == .answered(status: 200) })
                #expect(
                    Set(results.map { $0.headers[first: "x-connection"] }) == [first.headers[first: "x-connection"]]
                )
            }
        }
    }

    @Test func plainServerOnATLSPortIsTLSFailure() async throws {
        try await withServer(.greeting("220 plain text\r\n")) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test("https://127.0.0.1:\(server.port)/"))
                #expect(result.outcome == .failed(.tls), "\(result)")
            }
        }
    }

    @Test func missingAuthorityFileIsTLSFailure() async throws {
        try await withNginx { server, certificate in
            try await withTransport(caFile: certificate + ".missing") { transport in
                let result = await transport.result(of: .test(server.url(host: "localhost")))
                #expect(result.outcome == .failed(.tls), "\(result)")
            }
        }
    }
}
