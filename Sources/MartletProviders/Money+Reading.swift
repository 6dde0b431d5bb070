// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Currency codes are kept as written, in upper case (providers.md section 2).
func currencyCode(_ text: String?) -> String? {
    guard let text else { return nil }
    return text.asciiUppercased
}

extension Amount {
    /// Nil if there is no amount; the currency stays unknown if there is no code.
    init?(_ amount: DecimalText?, code: String?) {
        guard let amount else { return nil }
        self.init(amount, currencyCode(code))
    }
}

extension Event {
    /// Flags an amount or currency that differs from the order that the gateway knows (providers.md rule 10), and a
    /// payment that says no amount at all.
    mutating func compareAmount(with order: KnownOrder) {
        guard let expected = order.expectedDue else { return }
        guard let due = money.due else {
            if type == .paymentPaid { flags.append(.amountMismatch) }
            return
        }
        let sameCurrency = expected.currency == nil || currencyCode(expected.currency) == due.currency
        if expected.amount != due.amount || !sameCurrency { flags.append(.amountMismatch) }
    }
}

extension String {
    /// With a to z in upper case.
    ///
    /// Nothing else changes: Unicode has letters whose upper case is an ASCII letter, and they are other letters.
    var asciiUppercased: String {
        guard utf8.contains(where: { $0 >= 0x61 && $0 <= 0x7A }) else { return self }
        return String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    var isHexadecimal: Bool {
        !isEmpty && utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || (($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x66) }
    }

    var isDigits: Bool { !isEmpty && utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }

    /// Eight, four, four, four and twelve hexadecimal digits (RFC 9562 section 4).
    package var isUUID: Bool {
        guard utf8.count == 36 else { return false }
        return utf8.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == 0x2D
            default: (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
            }
        }
    }
}
