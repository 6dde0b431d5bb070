// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

struct EventExpungingTests {
    @Test func removesWhatLeadsToAPersonAndKeepsTheSkeleton() throws {
        var event = try fullEvent()
        event.providerRefs = [ProviderRef("wallet_address_uuid", "w-1"), ProviderRef("merchantId", "4711")]
        event.addressFrom = "TPayerAddress"
        event.addressTo = "TShopAddress"
        event.txid = "feedface"
        event.failureReason = "account of Jane Doe is closed"
        event.dedupeKey = "payment:1:paid:final:15:feedface"
        let left = EventEnvelope.withoutPersonalData(EventEnvelope.render(event))
        let text = String(decoding: left, as: UTF8.self)
        for gone in ["TPayerAddress", "TShopAddress", "feedface", "Jane Doe", "w-1"] { #expect(!text.contains(gone)) }
        var expected = event
        expected.providerRefs = [ProviderRef("merchantId", "4711")]
        expected.dedupeKey = "payment:1:paid:final:15:***"
        (expected.addressFrom, expected.addressTo, expected.txid, expected.failureReason) = (nil, nil, nil, nil)
        #expect(left == EventEnvelope.render(expected), "everything else is as it was, byte for byte")
        #expect(EventEnvelope.withoutPersonalData(left) == left)
    }

    @Test func leavesNothingOfWhatItCannotRead() {
        for text in ["", "Jane Doe", "[]", "{}", #"{"data":"Jane Doe"}"#] {
            #expect(EventEnvelope.withoutPersonalData(Array(text.utf8)) == Array(#"{"data":{}}"#.utf8))
        }
    }
}
