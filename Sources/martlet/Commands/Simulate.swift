// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletSimulator

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stand in for a provider: serve its order interface and send its notifications, with faults.",
        discussion: """
            For staging: point the source's apiBase at the address that --listen names. Orders that are made through the
            interface go their way as well. Notifications that the gateway does not answer are lost, as at the provider.
            SIGTERM or SIGINT: stop and print the totals. docs/simulate.md shows how to use it.
            """,
        subcommands: [Kryptoswap.self, SpectroCoin.self, Cryptomus.self]
    )

    struct Kryptoswap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kryptoswap",
            abstract: "Kryptoswap: signed notifications, each sent once, and public/exchanger/order/create and get.",
            discussion: "Orders end as done, returned or deleted; some go through errorPayment first."
        )

        @Option(
            help: ArgumentHelp(
                "Secret that signs the simulation's own orders, env:NAME, file:PATH or plain:VALUE; by default each has its own, "
                    + "which the gateway learns by --register.",
                valueName: "reference"
            )
        )
        var ipnSecret: String?
        @OptionGroup var options: SimulationOption

        func run() async throws {
            let source = try options.source(of: "kryptoswap")
            let registrar = try options.registrar(for: source)
            let seed = options.seed ?? .random(in: .min ... .max)
            let standIn = KryptoswapStandIn(
                seed: seed,
                paid: options.paid,
                hooks: options.hooks,
                ipnSecret: try ipnSecret.map { try SecretOption.secret($0, of: "--ipn-secret") }
            )
            try await SimulatedProvider(options: options, standIn: standIn, seed: seed, registrar: registrar).run()
        }
    }
}
