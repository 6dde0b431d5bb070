// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Finds secrets in the environment, in files and in the reference itself.
package struct FileSecretResolver: SecretResolver {
    /// Secrets in files are at most this long, in bytes.
    package static let longestFile = 65_536

    private let folder: String
    private let environment: [String: String]

    /// - Parameters:
    ///   - folder: what relative paths are relative to; the folder of the configuration file.
    ///   - environment: the variables that `env:` can name.
    package init(folder: String, environment: [String: String]) {
        self.folder = folder
        self.environment = environment
    }

    package func resolve(_ reference: String) -> Result<Secret, SecretResolutionError> {
        if let name = reference.removingPrefix("env:") { return variable(name) }
        if let path = reference.removingPrefix("file:") { return file(path) }
        if let value = reference.removingPrefix("plain:") {
            if value.isEmpty { return failure("is empty; give the secret after \"plain:\"") }
            return .success(Secret(text: value))
        }
        // The text may be the secret itself, put here by mistake, so it is not repeated.
        return failure("must be a secret's reference: \"env:NAME\", \"file:PATH\" or \"plain:VALUE\"")
    }

    private func variable(_ name: String) -> Result<Secret, SecretResolutionError> {
        let isName = name.utf8.allSatisfy { byte in
            (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || byte == 0x5F
        }
        guard !name.isEmpty, isName else {
            return failure("\"env:\" must be followed by a variable's name of letters, digits and underscores")
        }
        guard let value = environment[name] else {
            return failure("the environment variable \(name) is not set; set it, or use \"file:PATH\"")
        }
        guard !value.isEmpty else { return failure("the environment variable \(name) is empty; give it the secret") }
        return .success(Secret(text: value))
    }

    private func file(_ path: String) -> Result<Secret, SecretResolutionError> {
        guard !path.isEmpty else { return failure("\"file:\" must be followed by a path") }
        let place = FileAccess.resolve(path, against: folder)
        switch FileAccess.read(place, limit: Self.longestFile) {
        case .failure(let error): return failure("the file \(place) \(error.message)")
        case .success(let bytes):
            let secret = Self.withoutLineEnd(bytes)
            guard !secret.isEmpty else { return failure("the file \(place) is empty; put the secret into it") }
            return .success(Secret(secret))
        }
    }

    /// A warning if the reference is a file that every user of the machine can read; nil otherwise.
    ///
    /// Public keys and certificates are not secret and cause none.
    func exposure(of reference: String) -> String? {
        guard let path = reference.removingPrefix("file:"), !path.isEmpty else { return nil }
        let place = FileAccess.resolve(path, against: folder)
        guard FileAccess.isWorldReadable(place),
            case .success(let bytes) = FileAccess.read(place, limit: Self.longestFile)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let isPublic = text.contains("-----BEGIN PUBLIC KEY-----") || text.contains("-----BEGIN CERTIFICATE-----")
        if isPublic, !text.contains("PRIVATE KEY-----") { return nil }
        return "the file \(place) can be read by every user of this machine; run \"chmod o-r\" on it"
    }

    /// Editors end a file with a newline that is no part of the secret; PEM is kept as it is.
    private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == 0x0A, !bytes.starts(with: "-----BEGIN ".utf8) else { return bytes }
        let text = bytes.dropLast()
        return Array(text.last == 0x0D ? text.dropLast() : text)
    }

    private func failure(_ message: String) -> Result<Secret, SecretResolutionError> {
        .failure(SecretResolutionError(message))
    }
}

extension String {
    /// What follows the prefix, compared byte for byte; nil if the text does not begin with it.
    func removingPrefix(_ prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(Substring(utf8.dropFirst(prefix.utf8.count))) : nil
    }
}
