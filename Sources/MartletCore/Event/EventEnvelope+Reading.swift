// SPDX-License-Identifier: Apache-2.0
import MartletWire

extension EventEnvelope {
    /// The event that `render` made the body of; nil if it did not make these bytes.
    ///
    /// `objectKey`: the body does not hold it.
    package static func read(_ envelope: [UInt8], objectKey: String) -> Event? {
        guard let body = (try? JSONReader.read(envelope))?.object, let data = body["data"]?.object else { return nil }
        func text(_ name: String) -> String? { data[name]?.string }
        guard let id = text("event_id"), let type = text("type"), let provider = text("provider"),
            let source = text("source"), let shop = text("shop"),
            let object = text("object").flatMap(ObjectKind.init(rawValue:)),
            let finality = text("finality").flatMap(Finality.init(rawValue:)),
            let receivedAt = text("received_at").flatMap({ Timestamp(rfc3339: $0) }),
            let money = data["money"]?.object, let verification = data["verification"]?.object,
            let method = verification["method"]?.string, let dedupeKey = text("dedupe_key")
        else { return nil }
        return Event(
            id: EventID(rawValue: id),
            type: EventType(rawValue: type),
            detail: text("detail"),
            source: SourceID(provider: provider, id: source),
            shop: shop,
            object: object,
            finality: finality,
            providerStatus: text("provider_status"),
            merchantOrderID: text("merchant_order_id"),
            providerObjectID: text("provider_object_id"),
            providerRefs: (data["provider_refs"]?.object?.members ?? []).compactMap { member in
                member.value.string.map { ProviderRef(member.name, $0) }
            },
            money: readMoney(money),
            network: text("network"),
            txid: text("txid"),
            addressFrom: text("address_from"),
            addressTo: text("address_to"),
            failureReason: text("failure_reason"),
            occurredAt: text("occurred_at").flatMap { Timestamp(rfc3339: $0) },
            receivedAt: receivedAt,
            verification: Verification(method: method, uncoveredFields: texts(verification["uncovered_fields"])),
            dedupeKey: dedupeKey,
            objectKey: objectKey,
            flags: texts(data["flags"]).compactMap(EventFlag.init(rawValue:))
        )
    }

    private static func readMoney(_ money: JSONObject) -> Money {
        func amount(_ name: String) -> Amount? {
            guard let object = money[name]?.object, let amount = number(object["amount"]) else { return nil }
            return Amount(amount, object["currency"]?.string)
        }
        let converted = money["converted"]?.object.flatMap { object in
            number(object["amount"]).map { amount in
                Money.Converted(
                    amount: amount,
                    currency: object["currency"]?.string,
                    rate: number(object["rate"]),
                    fee: number(object["fee"])
                )
            }
        }
        return Money(
            ordered: amount("ordered"),
            due: amount("due"),
            paid: amount("paid"),
            settled: amount("settled"),
            fee: amount("fee"),
            converted: converted
        )
    }

    private static func number(_ value: JSONValue?) -> DecimalText? { value?.string.flatMap { DecimalText($0) } }

    private static func texts(_ value: JSONValue?) -> [String] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap(\.string)
    }
}
