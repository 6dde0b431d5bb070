// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// What one member of an event holds.
package enum EventValue: Sendable, Equatable {
    /// The member is `null` in the envelope.
    case absent
    case text(String)
    case number(DecimalText)
    case moment(Timestamp)
    case list([String])
    case refs([ProviderRef])
    case money(Money)
    case amount(Amount)
    case converted(Money.Converted)
    case verification(Verification)

    /// Writes the value as the envelope does.
    func write(to json: inout JSONWriter) {
        switch self {
        case .absent: json.null()
        case .text(let text): json.string(text)
        case .number(let number): json.string(number.canonical)
        case .moment(let moment): json.string(moment.rfc3339)
        case .list(let texts): EventEnvelope.write(texts, to: &json)
        case .refs(let refs): EventEnvelope.write(refs, to: &json)
        case .money(let money): EventEnvelope.write(money, to: &json)
        case .amount(let amount): EventEnvelope.write(amount, to: &json)
        case .converted(let converted): EventEnvelope.write(converted, to: &json)
        case .verification(let verification): EventEnvelope.write(verification, to: &json)
        }
    }
}

extension EventValue {
    static func text(orAbsent text: String?) -> EventValue { text.map(EventValue.text) ?? .absent }
    static func number(orAbsent number: DecimalText?) -> EventValue { number.map(EventValue.number) ?? .absent }
    static func moment(orAbsent moment: Timestamp?) -> EventValue { moment.map(EventValue.moment) ?? .absent }
    static func amount(orAbsent amount: Amount?) -> EventValue { amount.map(EventValue.amount) ?? .absent }
}
