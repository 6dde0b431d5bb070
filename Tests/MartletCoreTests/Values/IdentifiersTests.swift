// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct IdentifiersTests {
    @Test func readsDeliveryIDs() {
        #expect(DeliveryID(text: "dlv_42")?.number == 42)
        #expect(DeliveryID(text: "42")?.number == 42)
        #expect(DeliveryID(text: "dlv_9223372036854775807")?.number == .max)
        #expect(DeliveryID(number: 42).description == "dlv_42")
    }

    @Test(arguments: [
        "", "dlv_", "dlv_0", "0", "-1", "+1", "dlv_+1", "dlv_-1", "dlv_dlv_1", "evt_1", " 1", "1 ", "1.0", "0x1",
        "DLV_1", "dlv_9223372036854775808", "dlv_１",
    ])
    func refusesOtherText(text: String) {
        #expect(DeliveryID(text: text) == nil)
    }

    @Test func ordersByNumberAndName() {
        #expect(DeliveryID(number: 9) < DeliveryID(number: 10))
        #expect(EndpointID("a") < EndpointID("b"))
        #expect(SourceID(provider: "a", id: "z") < SourceID(provider: "b", id: "a"))
        #expect(SourceID(provider: "a", id: "a") < SourceID(provider: "a", id: "b"))
        #expect(SourceID(provider: "hype", id: "uz-main").description == "hype/uz-main")
    }

    @Test func givesTheDigitsOfAnEventID() {
        #expect(
            EventID(rawValue: "evt_a858a80098694c89e583afce38ace328").hexDigits == "a858a80098694c89e583afce38ace328"
        )
    }
}
