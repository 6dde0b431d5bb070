// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/secrets`: what seals the secrets in the store.
enum SecretRoutes {
    /// Secrets in one transaction, and transactions in one request.
    private static let portion = 200
    private static let portions = 50

    /// Seals what is unsealed or under a former key with the present one; called again, it goes on where it stopped.
    @Sendable static func reseal(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        var resealed = 0
        var isMore = true
        for _ in 0..<portions where isMore {
            let count: Int
            do throws(StoreError) {
                count = try await call.access.store.resealSecrets(limit: portion)
            } catch .secretsKey(let detail) {
                throw Problem(
                    409,
                    detail,
                    remedy: "name that key in \"previousSecretsKeys\" (or, if there is none yet, a new one as "
                        + "\"secretsKey\") and reload with SIGHUP"
                )
                .with(code: "secrets_key_missing")
            }
            resealed += count
            isMore = count > 0
        }
        let keys = try await call.access.store.sealingKeys()
        return .json { json in
            json.beginObject()
            json.member("resealed", integer: Int64(resealed))
            json.member("more", bool: isMore)
            json.member("keysInUse", strings: keys)
            json.endObject()
        }
    }
}
