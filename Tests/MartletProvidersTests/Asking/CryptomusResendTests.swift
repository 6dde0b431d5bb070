// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

@Suite("Resending at Cryptomus", .timeLimit(.minutes(1)))
struct CryptomusResendTests {
    private static let now = Vectors.sampleTime

    private static func resend(
        _ wanted: ResendRequest,
        _ body: String,
        status: Int = 200
    ) async throws -> (ResendOutcome, ScriptedServer.Request) {
        try await withProvider(.always(body, status: status)) { server, tools, _ in
            let provider = try CryptomusWatchTests.provider(server.url(""))
            let outcome = await provider.resend(wanted, at: now, with: tools)
            return (outcome, try #require(server.requests.first))
        }
    }

    @Test(arguments: [
        (ResendRequest(uuid: "u-1", orderID: nil), #"{"uuid":"u-1"}"#),
        (ResendRequest(uuid: nil, orderID: "NO-1"), #"{"order_id":"NO-1"}"#),
    ])
    func signsTheWish(_ wanted: ResendRequest, _ body: String) async throws {
        let (outcome, request) = try await Self.resend(wanted, #"{"state":0,"result":[]}"#)
        #expect(outcome == .accepted)
        #expect(request.method == "POST" && request.target == "/v1/payment/resend" && text(request.body) == body)
        let secret = Secret(text: try #require(Vectors.secrets("cryptomus")["payment_key"] as? String))
        #expect(request.headers.all("sign") == [text(CryptomusSignature.digest(of: bytes(body), key: secret))])
        #expect(request.headers.all("merchant") == ["m-1"])
    }

    @Test(arguments: [
        (
            200, #"{"state":1,"message":"Payment was\nnot found"}"#,
            ResendOutcome.refused(status: 200, message: "Payment was not found")
        ),
        (
            422, #"{"state":1,"errors":{"uuid":["validation.required"]}}"#,
            .refused(status: 422, message: "uuid: validation.required")
        ),
        (401, "{}", .refused(status: 401, message: nil)), (500, "<html>", .refused(status: 500, message: nil)),
        (200, "<html>", .failed("nonsense")),
    ])
    func answersWhatTheProviderSaid(_ status: Int, _ body: String, _ expected: ResendOutcome) async throws {
        let wanted = ResendRequest(uuid: "u-1", orderID: nil)
        #expect(try await Self.resend(wanted, body, status: status).0 == expected)
    }

    @Test func needsTheMerchant() async throws {
        let (outcome, requests) = try await withTools { tools, transport in
            let provider = try CryptomusWatchTests.provider("https://api.example.com", merchant: nil)
            let outcome = await provider.resend(ResendRequest(uuid: "u", orderID: nil), at: Self.now, with: tools)
            return (outcome, transport.requests)
        }
        guard case .notPossible(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("merchant") && requests.isEmpty)
    }
}
