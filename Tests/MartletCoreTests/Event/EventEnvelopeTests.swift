// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletWire
import Testing

@Suite struct EventEnvelopeTests {
    private static let emptyText = """
        {"type":"payment.paid","timestamp":"2026-11-21T19:11:00.123Z","data":{\
        "event_id":"evt_00112233445566778899aabbccddeeff","type":"payment.paid","detail":null,\
        "provider":"cryptomus","source":"main","shop":"nordic","object":"payment","direction":"in","finality":"none",\
        "provider_status":null,"merchant_order_id":null,"provider_object_id":null,"provider_refs":{},\
        "money":{"ordered":null,"due":null,"paid":null,"settled":null,"fee":null,"converted":null},\
        "network":null,"txid":null,"address_from":null,"address_to":null,"failure_reason":null,"occurred_at":null,\
        "received_at":"2026-11-21T19:11:00.123Z","verification":{"method":"md5-base64-json","uncovered_fields":[]},\
        "dedupe_key":"order:1","flags":[]}}
        """

    private func decimal(_ text: String) throws -> DecimalText { try #require(DecimalText(text)) }

    @Test func rendersAnEventThatSaysLittle() {
        #expect(String(decoding: EventEnvelope.render(sampleEvent(status: nil)), as: UTF8.self) == Self.emptyText)
    }

    @Test func readsTheEventBack() throws {
        let events = [sampleEvent(status: nil), try eventThatSaysEverything()]
        for event in events {
            #expect(EventEnvelope.read(EventEnvelope.render(event), objectKey: event.objectKey) == event)
        }
        #expect(EventEnvelope.read(Array(#"{"data":{}}"#.utf8), objectKey: "") == nil)
        #expect(EventEnvelope.read([], objectKey: "") == nil)
    }

    private func eventThatSaysEverything() throws -> Event {
        Event(
            id: EventID(rawValue: "evt_ff"),
            type: .payoutPaid,
            detail: "over",
            source: SourceID(provider: "spectrocoin", id: "shop-eu"),
            shop: "nordic",
            object: .payout,
            finality: .final,
            providerStatus: "PAID",
            merchantOrderID: "INV-1",
            providerObjectID: "900123",
            providerRefs: [ProviderRef("merchantId", "4711"), ProviderRef("apiId", "2")],
            money: Money(
                ordered: Amount(try decimal("75.50"), "EUR"),
                due: Amount(try decimal("1e-5"), "BTC"),
                paid: Amount(try decimal("0"), nil),
                settled: Amount(try decimal("-1"), "EUR"),
                fee: Amount(try decimal("0.1"), "EUR"),
                converted: Money.Converted(
                    amount: try decimal("12.0"),
                    currency: "USDT",
                    rate: try decimal("1.01"),
                    fee: nil
                )
            ),
            network: "tron",
            txid: "ab",
            addressFrom: "from",
            addressTo: "to",
            failureReason: "none",
            occurredAt: Timestamp(milliseconds: 0),
            receivedAt: .noon,
            verification: Verification(method: "rsa-sha1-form", uncoveredFields: ["a", "b"]),
            dedupeKey: "k",
            objectKey: "hidden",
            flags: [.amountMismatch, .test]
        )
    }

    @Test func rendersAnEventThatSaysEverything() throws {
        let event = try eventThatSaysEverything()
        let expected = """
            {"type":"payout.paid","timestamp":"1970-01-01T00:00:00.000Z","data":{"event_id":"evt_ff",\
            "type":"payout.paid","detail":"over","provider":"spectrocoin","source":"shop-eu","shop":"nordic",\
            "object":"payout","direction":"out","finality":"final","provider_status":"PAID",\
            "merchant_order_id":"INV-1","provider_object_id":"900123",\
            "provider_refs":{"merchantId":"4711","apiId":"2"},"money":{"ordered":{"amount":"75.5","currency":"EUR"},\
            "due":{"amount":"0.00001","currency":"BTC"},"paid":{"amount":"0","currency":null},\
            "settled":{"amount":"-1","currency":"EUR"},"fee":{"amount":"0.1","currency":"EUR"},\
            "converted":{"amount":"12","currency":"USDT","rate":"1.01","fee":null}},"network":"tron","txid":"ab",\
            "address_from":"from","address_to":"to","failure_reason":"none","occurred_at":"1970-01-01T00:00:00.000Z",\
            "received_at":"2026-11-21T19:11:00.123Z","verification":{"method":"rsa-sha1-form",\
            "uncovered_fields":["a","b"]},"dedupe_key":"k","flags":["amount_mismatch","test"]}}
            """
        #expect(String(decoding: EventEnvelope.render(event), as: UTF8.self) == expected)
    }

    @Test func insertsRawAsTheLastMember() {
        let envelope = EventEnvelope.render(sampleEvent(status: nil))
        let with = String(
            decoding: EventEnvelope.inserting(raw: Array("{\"a\":1}".utf8), into: envelope),
            as: UTF8.self
        )
        #expect(with == Self.emptyText.dropLast(2) + ",\"raw\":{\"a\":1}}}")
        let without = String(decoding: EventEnvelope.inserting(raw: nil, into: envelope), as: UTF8.self)
        #expect(without == Self.emptyText.dropLast(2) + ",\"raw\":null}}")
    }

    @Test(arguments: [
        "\"", "\\", "\\\"", "\n\r\t\u{8}\u{C}", "\u{0}\u{1}\u{1F}\u{7F}", "</script>", "\u{2028}\u{2029}",
        "ünïcode 漢字 🪶",
        "e\u{301}", "\r\n", "\"\u{301}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "}}", "\\u0000", "",
    ])
    func staysValidJSONWhateverTheTextsHold(text: String) throws {
        var event = sampleEvent(status: text)
        event.detail = text
        event.shop = text
        event.providerRefs = [ProviderRef(text, text)]
        event.verification.uncoveredFields = [text, text]
        let bytes = EventEnvelope.inserting(raw: Array("[]".utf8), into: EventEnvelope.render(event))
        // Foundation's reader agrees that it is JSON, but drops a byte order mark inside a text; ours keeps every byte.
        #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
        let data = try #require(try JSONReader.read(bytes).object?["data"]?.object)
        func same(_ value: JSONValue?) -> Bool { value?.string.map { Array($0.utf8) } == Array(text.utf8) }
        #expect(same(data["detail"]))
        #expect(same(data["shop"]))
        #expect(same(data["provider_refs"]?.object?.members.first?.value))
        #expect(data["raw"] == .array([]))
    }
}
