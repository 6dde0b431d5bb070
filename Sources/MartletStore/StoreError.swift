// SPDX-License-Identifier: Apache-2.0

/// Why the store could not do what was asked.
///
/// Messages name the file or table and the remedy, never stored values.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or server cannot be opened.
    case cannotOpen(String)
    /// The store was written by a newer Martlet.
    case newerSchema(String)
    case readOnly(String)
    /// No space is left.
    case full(String)
    /// Too many writes are waiting.
    case overloaded
    /// A stored secret cannot be opened.
    case secretsKey(String)
    /// A secret cannot be stored: there is no key to seal it with.
    case noSecretsKey
    /// The store has been closed.
    case closed
    /// Anything else: result code, operation and the library's message.
    case failed(code: Int, operation: String, message: String)

    /// A bounded short name for metric labels.
    package var label: String {
        switch self {
        case .cannotOpen: "cannot_open"
        case .newerSchema: "newer_schema"
        case .readOnly: "read_only"
        case .full: "full"
        case .overloaded: "overloaded"
        case .secretsKey: "secrets_key"
        case .noSecretsKey: "no_secrets_key"
        case .closed: "closed"
        case .failed: "failed"
        }
    }

    package var description: String {
        switch self {
        case .cannotOpen(let message), .newerSchema(let message), .readOnly(let message), .full(let message),
            .secretsKey(let message):
            message
        case .noSecretsKey: "the configuration has no \"secretsKey\" to seal secrets with"
        case .overloaded: "too many writes are waiting for the store; the disk is slower than the callbacks come"
        case .closed: "the store has been closed"
        case .failed(let code, let operation, let message): "\(operation): \(message) (code \(code))"
        }
    }
}
