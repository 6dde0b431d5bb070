// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

/// An event that has every member there is, each with another value.
func fullEvent() throws -> Event {
    func decimal(_ text: String) throws -> DecimalText { try #require(DecimalText(text)) }
    return Event(
        id: EventID(rawValue: "evt_ff"),
        type: .payoutPaid,
        detail: "over",
        source: SourceID(provider: "spectrocoin", id: "shop-eu"),
        shop: "nordic",
        object: .payout,
        finality: .final,
        providerStatus: "PAID",
        merchantOrderID: "INV-\"1\"",
        providerObjectID: "900123",
        providerRefs: [ProviderRef("merchantId", "4711"), ProviderRef("api.id", "2")],
        money: Money(
            ordered: Amount(try decimal("75.50"), "EUR"),
            due: Amount(try decimal("1e-5"), "BTC"),
            paid: Amount(try decimal("100"), "USDT"),
            settled: Amount(try decimal("-1"), "USD"),
            fee: Amount(try decimal("0.1"), "GBP"),
            converted: Money.Converted(
                amount: try decimal("12.0"),
                currency: "TRX",
                rate: try decimal("1.01"),
                fee: try decimal("3")
            )
        ),
        network: "tron",
        txid: "ab",
        addressFrom: "from",
        addressTo: "to",
        failureReason: "none",
        occurredAt: Timestamp(milliseconds: 1_000_000),
        receivedAt: .noon,
        verification: Verification(method: "rsa-sha1-form", uncoveredFields: ["a", "b"]),
        dedupeKey: "k",
        objectKey: "hidden",
        flags: [.amountMismatch, .test]
    )
}
