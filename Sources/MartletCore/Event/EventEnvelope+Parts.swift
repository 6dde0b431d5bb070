// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// The objects and lists inside an event, written the same way in the envelope and in a shape.
extension EventEnvelope {
    static func write(_ refs: [ProviderRef], to json: inout JSONWriter) {
        json.beginObject()
        for ref in refs { json.member(of: ref.name, ref.value) }
        json.endObject()
    }

    static func write(_ money: Money, to json: inout JSONWriter) {
        json.beginObject()
        write("ordered", money.ordered, to: &json)
        write("due", money.due, to: &json)
        write("paid", money.paid, to: &json)
        write("settled", money.settled, to: &json)
        write("fee", money.fee, to: &json)
        json.name("converted")
        if let converted = money.converted { write(converted, to: &json) } else { json.null() }
        json.endObject()
    }

    private static func write(_ name: StaticString, _ amount: Amount?, to json: inout JSONWriter) {
        json.name(name)
        if let amount { write(amount, to: &json) } else { json.null() }
    }

    static func write(_ amount: Amount, to json: inout JSONWriter) {
        json.beginObject()
        json.member("amount", amount.amount.canonical)
        json.member("currency", amount.currency)
        json.endObject()
    }

    static func write(_ converted: Money.Converted, to json: inout JSONWriter) {
        json.beginObject()
        json.member("amount", converted.amount.canonical)
        json.member("currency", converted.currency)
        json.member("rate", converted.rate?.canonical)
        json.member("fee", converted.fee?.canonical)
        json.endObject()
    }

    static func write(_ verification: Verification, to json: inout JSONWriter) {
        json.beginObject()
        json.member("method", verification.method)
        json.name("uncovered_fields")
        write(verification.uncoveredFields, to: &json)
        json.endObject()
    }

    static func write(_ values: [String], to json: inout JSONWriter) {
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }
}
