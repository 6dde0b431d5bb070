// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto

/// Reads a secret that an option names by reference, so that it stands in no process list.
enum SecretOption {
    static func verifier(_ reference: String) throws -> WebhookVerifier {
        let resolver = FileSecretResolver(folder: "", environment: ProcessInfo.processInfo.environment)
        let text: Secret
        switch resolver.resolve(reference) {
        case .success(let secret): text = secret
        case .failure(let error): throw ValidationError("--secret \(error.description)")
        }
        do {
            return try WebhookVerifier(text)
        } catch {
            throw ValidationError("--secret \(error.description)")
        }
    }
}
