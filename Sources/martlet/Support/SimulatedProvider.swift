// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import MartletDelivery
import MartletNet
import MartletRuntime
import MartletSimulator

/// Runs one stand-in until it is told to stop.
struct SimulatedProvider {
    let options: SimulationOption
    let standIn: any ProviderStandIn
    let seed: UInt64
    let registrar: GatewayRegistrar?

    func run() async throws {
        guard let address = ListenAddress(options.listen) else { return }
        DescriptorLimit.raise()
        let printer = SimulationPrinter(json: options.json)
        let loop = try EventLoop(label: "martlet.simulator.loop")
        let transport = CurlTransport(loop: loop, userAgent: "Martlet-simulator/\(MartletVersion.text)")
        let simulation = Simulation(
            standIn: standIn,
            faults: options.faults,
            seed: seed,
            pace: options.pace,
            transport: transport,
            registrar: registrar,
            report: { printer.print($0) }
        )
        var limits = HTTPLimits()
        limits.connectionsPerAddress = limits.connections
        let listener = HTTPListener(
            loop: loop,
            address: address,
            limits: limits,
            handler: { $1.send(simulation.answer($0)) }
        )
        let signals = SignalStream([SIGTERM, SIGINT])
        do {
            let bound = try await listener.start()
            Console.error("listening on \(bound), seed \(seed)\n")
        } catch {
            Console.error("\(error)\n")
            await transport.shutDown()
            await loop.shutDown()
            throw ExitCode(1)
        }
        await followUntilSignal(simulation, signals)
        await listener.drain(within: .seconds(1))
        await transport.shutDown()
        await loop.shutDown()
        printer.print(simulation.totals)
    }

    private func followUntilSignal(_ simulation: Simulation, _ signals: SignalStream) async {
        let orders = options.orders
        let running = Task {
            await simulation.run {
                Console.error("all \(orders) orders have ended; the interface is served until SIGINT or SIGTERM\n")
            }
        }
        for await _ in signals.values { break }
        signals.exitOnNextSignal()
        running.cancel()
        await running.value
    }
}
