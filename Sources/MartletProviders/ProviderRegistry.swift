// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Every provider that Martlet knows; a new one is one folder beside this file and one line below.
package enum ProviderRegistry {
    package static let kinds: [ProviderKind] = [
        SpectroCoin.kind,
        Cryptomus.kind,
        Kryptoswap.kind,
        HyPe.kind,
        HMACSender.kind,
        StandardSender.kind,
    ]

    /// The provider with that name in the configuration; nil if there is none.
    package static func kind(named name: String) -> ProviderKind? {
        kinds.first { $0.name == name }
    }
}
