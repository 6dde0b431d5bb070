// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletCore
import MartletCrypto

struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a secret for an endpoint (whsec_…), a key pair, or the key that seals secrets."
    )

    @Flag(
        help: "Make an ed25519 pair: the secret key (whsk_…) on the first line, the public key (whpk_…) on the second."
    )
    var asymmetric = false

    @Flag(help: "Make a key for secretsKey of the configuration, which seals secrets in the store.")
    var secretsKey = false

    @Option(
        help: ArgumentHelp(
            "Write an RSA pair to PREFIX.private.pem and PREFIX.public.pem; it stands in for SpectroCoin's in tests.",
            valueName: "prefix"
        )
    )
    var rsa: String?

    func validate() throws {
        if asymmetric && rsa != nil { throw ValidationError("Give either --asymmetric or --rsa, not both.") }
        if secretsKey && (asymmetric || rsa != nil) {
            throw ValidationError("Give --secrets-key alone; it makes another kind of key.")
        }
    }

    func run() throws {
        if secretsKey { return Console.output(SecretsKey.generate() + "\n") }
        if let rsa { return try writeRSA(rsa) }
        if asymmetric {
            let pair = try AsymmetricWebhookKey.generate()
            return Console.output("\(pair.secret)\n\(pair.publicKey)\n")
        }
        Console.output(WebhookSecret.generate() + "\n")
    }

    private func writeRSA(_ prefix: String) throws {
        let privatePath = "\(prefix).private.pem"
        let publicPath = "\(prefix).public.pem"
        let pair = try RSAPrivateKey.generatePEM()
        try write(pair.privateKey.withExposedBytes { $0 }, to: privatePath, mode: 0o600)
        try write(pair.publicKey, to: publicPath, mode: 0o644)
        Console.output("\(privatePath)\n\(publicPath)\n")
    }

    /// Makes a file that was not there, with its mode from the first moment on.
    private func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor < 0 {
            let remedy =
                errno == EEXIST
                ? "is there already; remove it or give another prefix." : "cannot be made; does its folder exist?"
            throw ValidationError("\(path) \(remedy)")
        }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data(bytes))
    }
}
