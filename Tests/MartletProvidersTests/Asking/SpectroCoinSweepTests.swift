// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

@Suite("Listing orders at SpectroCoin", .timeLimit(.minutes(1)))
struct SpectroCoinSweepTests {
    private static let id = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"

    private static func row(_ status: String, created: String = "2026-11-21T10:00:00Z") -> String {
        #"{"id":"\#(id)","orderId":"INV-1","status":"\#(status)","createdAt":"\#(created)"}"#
    }

    private static func ask(_ cursor: String?, _ body: String) async throws -> (ListAnswer, [String]) {
        try await withProvider(
            .answering { $0.target.hasSuffix("/oauth/token") ? Asked.token : .json(body) }
        ) { server, tools, _ in
            let provider = try #require(Asked.spectrocoin.provider(server.url("")) as? SpectroCoin)
            let answer = await provider.list(CryptomusSweepTests.request(cursor), with: tools)
            #expect(server.requests.last?.headers.all("authorization") == ["Bearer tok-secret"])
            return (answer, server.requests.map { "\($0.method) \($0.target)" })
        }
    }

    @Test(arguments: ["[%]", #"{"content":[%]}"#, #"{"orders":[%],"total":1}"#])
    func readsAPage(_ form: String) async throws {
        let rows = [
            Self.row("paid"), Self.row("NEW"), Self.row("PAID", created: "2019-11-21T10:00:00Z"),
            #"{"id":"\#(Self.id)","status":"PAID"}"#,
        ]
        let (answer, requests) = try await Self.ask(nil, form.replacing("%", with: rows.joined(separator: ",")))
        #expect(
            requests == [
                "POST /api/public/oauth/token",
                "GET /api/public/merchants/orders?dateFrom=2026-11-19&dateTo=2026-11-21&page=0&size=100",
            ]
        )
        let listed = ListedObject(
            id: Self.id,
            merchantOrderID: "INV-1",
            hasOtherID: true,
            status: "PAID",
            registration: bytes(#"{"id":"\#(Self.id)"}"#)
        )
        #expect(answer == .page(ListedPage(objects: [listed], rows: 4, unreadable: 1)), "one has no date")
    }

    @Test func goesOnWhilePagesAreFullAndNew() async throws {
        let full = "[" + Array(repeating: Self.row("PAID"), count: 100).joined(separator: ",") + "]"
        guard case .page(let first) = try await Self.ask(nil, full).0 else {
            Issue.record("no page")
            return
        }
        #expect(first.next == "1:\(Self.id)")
        let (answer, requests) = try await Self.ask(first.next, full)
        #expect(requests.last?.contains("&page=1&") == true)
        guard case .page(let second) = answer else {
            Issue.record("no page")
            return
        }
        #expect(second.next == nil, "the same page again is the end")
    }

    @Test func answersThatAreNoListAreFailures() async throws {
        for body in ["{}", "7", #"[{"id":1}]"#] {
            #expect(try await Self.ask(nil, body).0 == .failed(outcome: "nonsense", pause: .seconds(90)), "\(body)")
        }
    }
}
