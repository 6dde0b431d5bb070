// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto

/// Reads a secret that an option names by reference, so that it stands in no process list.
enum SecretOption {
    static func verifier(_ reference: String) throws -> WebhookVerifier {
        let text = try secret(reference, of: "--secret")
        do {
            return try WebhookVerifier(text)
        } catch {
            throw ValidationError("--secret \(error.description)")
        }
    }

    /// - Throws: `ValidationError` that names the option.
    static func secret(_ reference: String, of option: String) throws -> Secret {
        let resolver = FileSecretResolver(folder: "", environment: ProcessInfo.processInfo.environment)
        switch resolver.resolve(reference) {
        case .success(let secret): return secret
        case .failure(let error): throw ValidationError("\(option) \(error.description)")
        }
    }
}
