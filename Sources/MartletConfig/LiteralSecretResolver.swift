// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Secrets of the API's endpoints: the values themselves.
///
/// Whoever may make endpoints must not be able to have the gateway read its environment or files and send them away.
struct LiteralSecretResolver: SecretResolver {
    func resolve(_ reference: String) -> Result<Secret, SecretResolutionError> {
        if ["env:", "file:"].contains(where: { reference.hasPrefix($0) }) {
            return .failure(
                SecretResolutionError(
                    "must be the value itself, since only the configuration file may refer to \"env:\" and \"file:\""
                )
            )
        }
        let value = reference.removingPrefix("plain:") ?? reference
        if value.isEmpty { return .failure(SecretResolutionError("is empty; give the value")) }
        return .success(Secret(text: value))
    }
}
