// SPDX-License-Identifier: Apache-2.0
import MartletWire
import Testing

@testable import MartletAdmin

/// What the audit log keeps of a request's body.
struct AuditSummaryTests {
    private func summary(_ body: String) -> String? { AuditSummary.of(Array(body.utf8)) }

    @Test func keepsWhatIsKnownToBeHarmlessAndNoSecret() {
        let body = #"{"source":"kryptoswap/main","orderSecret":"s3cret","ipnSecret":"s3cret","merchantOrderId":"NO-1"}"#
        let expected =
            #"{"source":"kryptoswap/main","orderSecret":"***","ipnSecret":"***","merchantOrderId":"NO-1"}"#
        #expect(summary(body) == expected)
        #expect(
            summary(#"{"url":"https://u:p@x/T0K","secrets":["whsec_x"],"shops":["a","b"]}"#)
                == #"{"url":"***","secrets":"***","shops":["a","b"]}"#
        )
        #expect(summary(#"{"order":{"name":"J. Doe","amount":1}}"#) == #"{"order":"***"}"#, "people are no filter")
        #expect(
            summary(#"{"filter":{"state":"dead","endpoint":"ledger","token":"t"},"reason":"outage","dryRun":true}"#)
                == #"{"filter":{"state":"dead","endpoint":"ledger","token":"***"},"reason":"outage","dryRun":true}"#
        )
    }

    @Test(arguments: ["", "{}", "[]", "null", "{", "\u{0}"])
    func aBodyThatIsNoObjectHasNoSummary(body: String) {
        #expect(summary(body) == nil)
    }

    @Test func isBoundedWhateverComes() throws {
        let bodies = [
            #"{"reason":"\#(String(repeating: "\\u0001", count: 5000))"}"#,
            "{" + (0..<500).map { #""member-\#($0)":1"# }.joined(separator: ",") + "}",
            "{"
                + ["reason", "name", "shop", "order", "type", "object", "source", "since"].map {
                    #""\#($0)":[\#(Array(repeating: "\"" + String(repeating: "x", count: 400) + "\"", count: 50).joined(separator: ","))]"#
                }.joined(separator: ",") + "}",
            #"{"\#(String(repeating: "n", count: 900))":1,"a\"b":2}"#,
        ]
        for body in bodies {
            let text = try #require(summary(body))
            #expect(text.utf8.count <= AuditSummary.atMost)
            _ = try JSONReader.readObject(Array(text.utf8))
        }
        #expect(
            summary(#"{"a\"b":1,"{}":2,"dryRun":true}"#) == #"{"dryRun":true,"…":2}"#,
            "what is left out is counted"
        )
    }

    @Test func whatIsLongIsCut() {
        let long = String(repeating: "x", count: 300)
        let cut = String(repeating: "x", count: 200) + "…"
        #expect(summary(#"{"reason":"\#(long)"}"#) == #"{"reason":"\#(cut)"}"#)
        let list = (0..<12).map(String.init).joined(separator: ",")
        #expect(summary(#"{"events":[\#(list)]}"#) == #"{"events":[0,1,2,3,4,5,6,7,8,9,"… 12 in all"]}"#)
    }

    @Test func namesWhatIsMadeAndNeverAKeyThatStandsInItsPlace() {
        #expect(summary(#"{"id":"crm","url":"https://x"}"#) == #"{"id":"crm","url":"***"}"#)
        #expect(summary(#"{"id":"mk_0123","name":"whsec_abc"}"#) == #"{"id":"***","name":"***"}"#)
        #expect(summary(#"{"to":["ledger","whsk_abc"]}"#) == #"{"to":"***"}"#)
    }
}
