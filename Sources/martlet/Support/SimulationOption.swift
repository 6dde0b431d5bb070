// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletCore
import MartletNet
import MartletSimulator

/// What the simulations of all providers take.
struct SimulationOption: ParsableArguments {
    @Option(help: "Where the provider's interface is served; port 0 lets the system choose.")
    var listen = "127.0.0.1:9091"
    @Option(
        help: ArgumentHelp("The source's address at the gateway, http://HOST:PORT/hooks/PROVIDER/ID.", valueName: "url")
    )
    var hooks: String?
    @Option(help: "How many orders to make; 0 only serves the interface.") var orders = 0
    @Option(help: "Orders made in a second.") var rate = 10.0
    @Option(help: "Share of orders that are paid in the end.") var paid = 0.85
    @Option(help: "From one status of an order to the next.") var step = "1s"
    @Option(help: "Share of notifications that are never sent, 0 to 1.") var loss = 0.0
    @Option(help: "Share of those left that are sent twice.") var duplicates = 0.0
    @Option(help: "Share of those left that later ones overtake.") var reorder = 0.0
    @Option(help: ArgumentHelp("How long each takes, such as 0ms..2s or 100ms.", valueName: "range"))
    var delay = "0ms"
    @Option(help: "Makes the same orders and faults again; by default another one each time.") var seed: UInt64?
    @Option(
        help: ArgumentHelp(
            "Register each order as a watch at this admin address before it moves, with the key in MARTLET_KEY.",
            valueName: "url"
        )
    )
    var register: String?
    @Flag(help: "Print one JSON object a line.") var json = false

    func validate() throws {
        if ListenAddress(listen) == nil {
            throw ValidationError("--listen must be ADDRESS:PORT, such as 127.0.0.1:9091.")
        }
        guard (0...1_000_000).contains(orders) else { throw ValidationError("--orders must be from 0 to 1000000.") }
        guard rate >= 0.001, rate <= 10_000 else { throw ValidationError("--rate must be from 0.001 to 10000.") }
        for (name, share) in [("--paid", paid), ("--loss", loss), ("--duplicates", duplicates), ("--reorder", reorder)]
        {
            guard (0...1).contains(share) else {
                throw ValidationError("\(name) must be a share from 0 to 1, such as 0.3 for 30 %.")
            }
        }
        guard let step = SettingsReader.duration(from: step), step >= .milliseconds(1) else {
            throw ValidationError("--step must be a duration such as 500ms, 1s or 5m.")
        }
        if Self.range(delay) == nil {
            throw ValidationError("--delay must be a duration or a range of two, the shorter first, such as 0ms..2s.")
        }
        if orders > 0, hooks == nil {
            throw ValidationError("--orders needs --hooks URL: where the notifications go.")
        }
        if register != nil, hooks == nil {
            throw ValidationError("--register needs --hooks URL, whose end names the source.")
        }
    }

    var pace: Simulation.Pace {
        Simulation.Pace(orders: orders, rate: rate, step: SettingsReader.duration(from: step) ?? .seconds(1))
    }

    var faults: ChannelFaults {
        ChannelFaults(
            loss: loss,
            duplicates: duplicates,
            reorder: reorder,
            delay: Self.range(delay) ?? .zero ... .zero,
            // One and a half steps: the next notification comes before it, the one after mostly behind it.
            overtaking: pace.step * 3 / 2
        )
    }

    /// The source that `--hooks` names, `provider/id`.
    ///
    /// - Throws: `ValidationError` if it is not the address of a source of that provider.
    func source(of provider: String) throws -> String? {
        guard let hooks else { return nil }
        let parts = hooks.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        let isAddress = hooks.hasPrefix("http://") || hooks.hasPrefix("https://")
        guard isAddress, parts.count >= 6, parts[parts.count - 3] == "hooks", parts[parts.count - 2] == provider,
            let id = parts.last, !id.isEmpty, !id.contains("?")
        else {
            throw ValidationError(
                "--hooks must be the source's address, such as http://127.0.0.1:8080/hooks/\(provider)/main."
            )
        }
        return "\(provider)/\(id)"
    }

    /// - Throws: `ValidationError` if the key is missing.
    func registrar(for source: String?) throws -> GatewayRegistrar? {
        guard let register, let source else { return nil }
        guard register.hasPrefix("http://") || register.hasPrefix("https://") else {
            throw ValidationError("--register must be the gateway's admin address, such as http://127.0.0.1:8081.")
        }
        guard let key = ProcessInfo.processInfo.environment["MARTLET_KEY"], !key.isEmpty else {
            throw ValidationError(
                "MARTLET_KEY is not set; --register wants one of the keys of admin.keys there, with the role operator."
            )
        }
        return GatewayRegistrar(base: register, key: Secret(text: key), source: source)
    }

    private static func range(_ text: String) -> ClosedRange<Duration>? {
        let ends = text.components(separatedBy: "..").map { SettingsReader.duration(from: $0) }
        guard (1...2).contains(ends.count), let lower = ends[0], let upper = ends.last ?? nil, lower <= upper else {
            return nil
        }
        return lower...upper
    }
}
