// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// The members `secretsKey` and `previousSecretsKeys`.
extension ConfigurationReader {
    func readSecretsKeys(_ root: SettingsReader, sources: [SourceSettings]) -> SecretBox? {
        let current = readSecretsKey("secretsKey", of: root)
        var keys = [current].compactMap { $0 }
        var previous: [SecretsKey] = []
        for index in root.list("previousSecretsKeys").indices {
            let (place, name) = element(index, of: "previousSecretsKeys", in: root)
            guard let key = readSecretsKey(name, of: place) else { continue }
            if keys.contains(key) { place.fail(name, "repeats an earlier key; name each once") }
            keys.append(key)
            previous.append(key)
        }
        if root.value("secretsKey") == nil {
            if !previous.isEmpty {
                root.fail(
                    "secretsKey",
                    "is required with \"previousSecretsKeys\", which only open what they have sealed"
                )
            } else if sources.contains(where: { $0.provider == "kryptoswap" }) {
                root.warn(
                    "secretsKey",
                    "is not set, so Kryptoswap's orders, which have secrets, can be neither registered nor created; "
                        + "\"martlet keygen --secrets-key\" makes a key"
                )
            }
        }
        return current.map { SecretBox($0, previous: previous) }
    }

    private func readSecretsKey(_ name: String, of reader: SettingsReader) -> SecretsKey? {
        guard let text = reader.secret(name) else { return nil }
        do throws(CryptoError) {
            return try SecretsKey(text)
        } catch {
            reader.fail(name, error.description)
            return nil
        }
    }
}
