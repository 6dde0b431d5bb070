// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto

/// A key that seals secrets in tests.
extension Samples {
    /// The same for the whole process, so that a store that is opened again has its key; nil never happens.
    package static let secretsKey: SecretsKey? = try? SecretsKey(Secret(text: secretsKeyText))
    /// As the configuration names it.
    package static let secretsKeyText = SecretsKey.generate()

    package static var sealing: SealerBox { SealerBox(secretsKey.map { SecretBox($0) }) }
}
