// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Above which sums a callback is believed only once the information call says the same (providers.md section 4.5).
package struct ConfirmationRule: Sendable, Equatable {
    /// A sum for each currency, in upper case; `*` is for those that have none of their own.
    package var payment: [String: DecimalText]
    package var payout: [String: DecimalText]

    /// Empty: nothing is confirmed.
    package init(payment: [String: DecimalText] = [:], payout: [String: DecimalText] = [:]) {
        self.payment = payment
        self.payout = payout
    }

    /// Whether an event says that money has come to rest, and states an amount above its currency's sum.
    func concerns(_ event: Event) -> Bool {
        let sums = event.object == .payout ? payout : payment
        guard !sums.isEmpty else { return false }
        guard event.finality == .final || event.type == .paymentPaid || event.type == .payoutPaid else { return false }
        return [event.money.ordered, event.money.paid].compactMap { $0 }.contains { amount in
            let sum = amount.currency.flatMap { sums[$0] } ?? sums["*"]
            return sum.map { $0 < amount.amount } ?? false
        }
    }
}

extension ConfirmationRule {
    /// Reads `confirmAbove`: for `payment` and `payout` a sum, or an object of sums by currency.
    init(_ settings: SettingsReader, hasMerchant: Bool) {
        self.init()
        guard let limits = settings.nested("confirmAbove") else { return }
        if !hasMerchant {
            settings.fail("confirmAbove", "needs merchant, or the provider cannot be asked to confirm anything")
        }
        payment = Self.sums("payment", of: limits)
        payout = Self.sums("payout", of: limits)
        limits.finish()
        for (name, key, sums) in [("payment", "paymentKey", payment), ("payout", "payoutKey", payout)]
        where !sums.isEmpty && !settings.has(key) {
            limits.fail(name, "needs \(key) of the source, with which the provider is asked")
        }
    }

    private static func sums(_ name: String, of limits: SettingsReader) -> [String: DecimalText] {
        let rule =
            "must be a sum as text, such as \"1000\", or sums by currency, such as {\"USDT\": \"1000\", \"*\": \"0\"}"
        func sum(_ value: JSONValue) -> DecimalText? {
            guard let text = value.string, let sum = DecimalText(text), sum.canonical.utf8.first != 0x2D else {
                limits.fail(name, rule)
                return nil
            }
            return sum
        }
        switch limits.value(name) {
        case nil: return [:]
        case .object(let object):
            if object.members.isEmpty { limits.fail(name, rule) }
            let pairs = object.members.map { (currencyCode($0.name) ?? "", $0.value) }
            return Dictionary(pairs) { first, _ in first }.compactMapValues(sum)
        case .some(let value): return sum(value).map { ["*": $0] } ?? [:]
        }
    }
}
