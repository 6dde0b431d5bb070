// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto

extension EventID {
    /// The id of one change: `evt_` and the first 32 hexadecimal digits of SHA-256 (providers.md section 2).
    package static func make(source: SourceID, dedupeKey: String) -> EventID {
        var text: [UInt8] = []
        text.reserveCapacity(160)
        text.append(contentsOf: "v1|".utf8)
        text.append(contentsOf: source.provider.utf8)
        text.append(0x7C)
        text.append(contentsOf: source.id.utf8)
        text.append(0x7C)
        text.append(contentsOf: dedupeKey.utf8)
        return EventID(rawValue: "evt_" + Hex.encode(Array(Digest.sha256(text)[..<16])))
    }
}
