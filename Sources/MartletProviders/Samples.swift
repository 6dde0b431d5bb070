// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto

/// What the samples of several providers share.
extension SampleRequest {
    /// Hexadecimal digits that differ from nonce to nonce; 64 at most.
    func digits(_ count: Int) -> String {
        String(Hex.encode(Digest.sha256(Array("\(nonce)/\(now.milliseconds)".utf8))).prefix(count))
    }

    /// A number shaped like a UUID of version 4.
    var uuid: String {
        let digits = Array(digits(32))
        let parts = [digits[..<8], digits[8..<12], ["4"] + digits[13..<16], ["8"] + digits[17..<20], digits[20...]]
        return parts.map { String($0) }.joined(separator: "-")
    }

    /// The amount asked for, or a default.
    func amount(default fallback: String) throws(SampleError) -> String {
        let amount = amount ?? fallback
        guard DecimalText(amount) != nil else { throw SampleError("the amount must be a decimal number such as 12.50") }
        return amount
    }
}
