// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletSimulator

extension Simulate {
    struct Cryptomus: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cryptomus",
            abstract: "Cryptomus: payment and payout info and list, payment resend, and signed webhooks.",
            discussion: """
                Calls are let in with the merchant and the keys given here, which the source has as well.
                Payments end as paid or cancel, payouts as paid or fail; with both keys every fourth order is a payout.
                """
        )

        @Option(help: "The merchant that calls must state.") var merchant = "simulated-merchant"
        @Option(help: ArgumentHelp("The payment API key, env:NAME, file:PATH or plain:VALUE.", valueName: "reference"))
        var paymentKey: String?
        @Option(help: ArgumentHelp("The payout API key, in the same way.", valueName: "reference"))
        var payoutKey: String?
        @OptionGroup var options: SimulationOption

        func validate() throws {
            guard paymentKey != nil || payoutKey != nil else {
                throw ValidationError("Give --payment-key or --payout-key, or both: webhooks are signed with them.")
            }
        }

        func run() async throws {
            let source = try options.source(of: "cryptomus")
            let registrar = try options.registrar(for: source)
            let seed = options.seed ?? .random(in: .min ... .max)
            let account = CryptomusStandIn.Account(
                merchant: merchant,
                paymentKey: try paymentKey.map { try SecretOption.secret($0, of: "--payment-key") },
                payoutKey: try payoutKey.map { try SecretOption.secret($0, of: "--payout-key") }
            )
            let standIn = CryptomusStandIn(seed: seed, paid: options.paid, hooks: options.hooks, account: account)
            try await SimulatedProvider(options: options, standIn: standIn, seed: seed, registrar: registrar).run()
        }
    }
}
