// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// How secrets stand in columns: sealed where there is a key, and `sealed_by` names it.
///
/// The place of a value, which a sealed one is bound to, is its table, column and row.
enum Sealing {
    /// What `sealed_by` says of a value that stands as it is.
    static let unsealed = ""

    static func places(ofOrder objectID: String, of source: SourceID) -> (order: String, ipn: String) {
        ("orders.order_secret:\(source):\(objectID)", "orders.ipn_secret:\(source):\(objectID)")
    }

    static func place(ofAnswer caller: String, _ key: String) -> String { "idempotency_keys.body:\(caller):\(key)" }

    static func place(ofEndpoint id: EndpointID) -> String { "managed_endpoints.secrets:\(id)" }

    /// What seals a secret that comes from outside: it is stored sealed or not at all.
    ///
    /// The one place that decides; whatever stores such a secret asks here, within its transaction.
    static func required(_ sealer: (any SecretSealer)?) throws(StoreError) -> any SecretSealer {
        guard let sealer else { throw .noSecretsKey }
        return sealer
    }

    /// What is written of an answer that is kept: without a key as it is, since it then holds no secret.
    static func bytes(of secret: Secret, _ place: String, _ sealer: (any SecretSealer)?) -> [UInt8] {
        sealer?.seal(secret, for: place) ?? secret.withExposedBytes { $0 }
    }

    /// What was written.
    ///
    /// `keyID`: the column `sealed_by` of its row.
    static func secret(
        _ bytes: [UInt8],
        _ place: String,
        by keyID: String,
        _ sealer: (any SecretSealer)?
    ) throws(SealingError) -> Secret {
        if keyID == unsealed { return Secret(bytes) }
        guard let sealer else {
            throw SealingError(
                "a stored secret is sealed with the key \(keyID), and the configuration has no \"secretsKey\""
            )
        }
        return try sealer.open(bytes, for: place)
    }
}
