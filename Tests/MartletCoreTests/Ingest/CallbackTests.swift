// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

@Suite struct CallbackTests {
    @Test(arguments: [
        ("application/json", "application/json"), ("Application/JSON; charset=utf-8", "application/json"),
        (" \tapplication/json \t; x=y", "application/json"), ("text/plain;", "text/plain"), ("", ""), (";", ""),
        ("application/json, text/plain", "application/json, text/plain"), ("application/ json", "application/ json"),
        ("a pplication/json", "a pplication/json"), ("  ", ""),
    ])
    func readsTheMediaType(header: String, expected: String) {
        let callback = Callback(
            method: "POST",
            headers: HeaderFields([("CONTENT-type", header)]),
            body: [],
            sourceAddress: .loopback,
            receivedAt: .noon
        )
        #expect(callback.mediaType == expected)
    }

    @Test func hasNoMediaTypeWithoutTheHeader() {
        let callback = Callback(
            method: "POST",
            headers: HeaderFields(),
            body: [],
            sourceAddress: .loopback,
            receivedAt: .noon
        )
        #expect(callback.mediaType == "")
    }

    @Test func refusesWithTheStatusOfTheTable() {
        let statuses = Dictionary(uniqueKeysWithValues: RefusalReason.allCases.map { ($0.rawValue, $0.status) })
        #expect(
            statuses == [
                "method_not_allowed": 405, "unsupported_content_type": 415, "malformed_body": 400,
                "duplicate_field": 400,
                "missing_field": 400, "missing_signature": 400, "invalid_field": 400, "bad_signature": 403,
                "unknown_project": 403, "forbidden_source": 403, "stale_timestamp": 403, "unknown_order": 404,
                "order_mismatch": 409, "misconfigured": 503, "learning": 200,
            ]
        )
        #expect(RefusalReason.allCases.filter { !$0.isQuarantined } == [.methodNotAllowed])
    }
}
