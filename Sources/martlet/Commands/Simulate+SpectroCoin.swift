// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletCrypto
import MartletProviders
import MartletSimulator

extension Simulate {
    struct SpectroCoin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "spectrocoin",
            abstract: "SpectroCoin: oauth/token, merchants/orders, and callbacks that only point at an order.",
            discussion: """
                Any clientId and clientSecret are let in. With --legacy the callbacks are signed forms instead; make a pair
                with "martlet keygen --rsa PREFIX" and put the public key into publicKeys of the source.
                Orders end as PAID, FAILED or CANCELLED.
                """
        )

        @Option(help: ArgumentHelp("The merchantApiId that unsigned callbacks state.", valueName: "uuid"))
        var project = "0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f"
        @Option(
            help: ArgumentHelp(
                "PEM of the private key that signs legacy callbacks, env:NAME or file:PATH.",
                valueName: "reference"
            )
        )
        var legacy: String?
        @Option(help: "The merchantId of legacy callbacks.") var merchantId = "4711"
        @Option(help: "The apiId of legacy callbacks.") var apiId = "2"
        @OptionGroup var options: SimulationOption

        func run() async throws {
            let source = try options.source(of: "spectrocoin")
            guard project.isUUID else { throw ValidationError("--project must be a UUID, the source's merchantApiId.") }
            let registrar = try options.registrar(for: source)
            let seed = options.seed ?? .random(in: .min ... .max)
            let standIn = SpectroCoinStandIn(
                seed: seed,
                paid: options.paid,
                hooks: options.hooks,
                project: project,
                legacy: try legacy.map { reference in
                    let pem = try SecretOption.secret(reference, of: "--legacy")
                    return SpectroCoinStandIn.Legacy(merchantID: merchantId, apiID: apiId, key: try key(pem))
                }
            )
            try await SimulatedProvider(options: options, standIn: standIn, seed: seed, registrar: registrar).run()
        }

        private func key(_ pem: Secret) throws -> RSAPrivateKey {
            do {
                return try RSAPrivateKey(pem: pem)
            } catch {
                throw ValidationError("--legacy holds something that is \(error).")
            }
        }
    }
}
