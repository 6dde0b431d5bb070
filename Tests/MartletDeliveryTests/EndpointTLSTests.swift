// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletDelivery
import MartletWire
import Testing

@Suite("Authorities and client certificates of an endpoint", .timeLimit(.minutes(1)))
struct EndpointTLSTests {
    @Test func authorityIsTrustedForItsEndpointOnly() async throws {
        try await withNginx { server, certificate in
            try await withFolder { folder in
                let own = EndpointTLS(authorities: try bytes(certificate))
                let other = EndpointTLS(authorities: try TestCertificate(named: "other", in: folder).pem())
                try await withTransport { transport in
                    // One handle, and a pooled connection that is open all the while.
                    let url = server.url(host: "localhost")
                    for _ in 0..<2 {
                        let trusted = await transport.result(of: .test(url, tls: own))
                        #expect(trusted.outcome == .answered(status: 200), "\(trusted)")
                        let mistrusted = await transport.result(of: .test(url, tls: other))
                        #expect(mistrusted.outcome == .failed(.tls), "\(mistrusted)")
                        let without = await transport.result(of: .test(url))
                        #expect(without.outcome == .failed(.tls), "\(without)")
                    }
                }
            }
        }
    }

    @Test func authorityOfAnEndpointReplacesTheOthers() async throws {
        try await withNginx { server, certificate in
            try await withFolder { folder in
                let other = EndpointTLS(authorities: try TestCertificate(named: "other", in: folder).pem())
                try await withTransport(caFile: certificate) { transport in
                    let url = server.url(host: "localhost")
                    let trusted = await transport.result(of: .test(url))
                    #expect(trusted.outcome == .answered(status: 200), "\(trusted)")
                    let replaced = await transport.result(of: .test(url, tls: other))
                    #expect(replaced.outcome == .failed(.tls), "\(replaced)")
                }
            }
        }
    }

    @Test func nameIsCheckedUnderAnOwnAuthority() async throws {
        try await withNginx { server, certificate in
            let own = EndpointTLS(authorities: try bytes(certificate))
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(host: "127.0.0.1"), tls: own))
                #expect(result.outcome == .failed(.tls), "\(result)")
            }
        }
    }

    /// Over kept connections, and with `keepalive_requests 1` over a new one each time.
    @Test(arguments: ["", "keepalive_requests 1;"])
    func clientCertificateIsShownByItsEndpointOnly(option: String) async throws {
        try await withFolder { folder in
            let authority = try TestCertificate(named: "authority", in: folder)
            let one = try TestCertificate(named: "one", in: folder, issuer: authority)
            let two = try TestCertificate(named: "two", in: folder, issuer: authority)
            let options = "ssl_verify_client on; ssl_client_certificate \(authority.path); \(option)"
            try await withNginx(options: options) { server, certificate in
                let trusted = try bytes(certificate)
                let asOne = EndpointTLS(authorities: trusted, identity: try one.identity())
                let asTwo = EndpointTLS(authorities: trusted, identity: try two.identity())
                let asNobody = EndpointTLS(authorities: trusted)
                try await withTransport { transport in
                    let url = server.url(host: "localhost")
                    for _ in 0..<3 {
                        let first = await transport.result(of: .test(url, tls: asOne))
                        #expect(first.outcome == .answered(status: 200), "\(first)")
                        #expect(first.headers[first: "x-client"] == "CN=one")
                        let second = await transport.result(of: .test(url, tls: asTwo))
                        #expect(second.outcome == .answered(status: 200), "\(second)")
                        #expect(second.headers[first: "x-client"] == "CN=two")
                        let third = await transport.result(of: .test(url, tls: asNobody))
                        #expect(third.outcome == .answered(status: 400), "\(third)")
                        #expect(third.headers[first: "x-client"] == nil)
                    }
                }
            }
        }
    }

    @Test func keyThatDoesNotBelongToTheCertificateIsTLSFailure() async throws {
        try await withFolder { folder in
            let one = try TestCertificate(named: "one", in: folder)
            let two = try TestCertificate(named: "two", in: folder)
            try await withNginx { server, certificate in
                let authorities = try bytes(certificate)
                let wrong = EndpointTLS(authorities: authorities, identity: try one.identity(key: two))
                let nonsense = EndpointTLS(authorities: Array("no PEM".utf8))
                let nothing = EndpointTLS(authorities: [])
                try await withTransport(caFile: certificate) { transport in
                    for tls in [wrong, nonsense, nothing] {
                        let result = await transport.result(of: .test(server.url(host: "localhost"), tls: tls))
                        #expect(result.outcome == .failed(.tls), "\(result)")
                    }
                    let right = await transport.result(of: .test(server.url(host: "localhost")))
                    #expect(right.outcome == .answered(status: 200), "\(right)")
                }
            }
        }
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}
