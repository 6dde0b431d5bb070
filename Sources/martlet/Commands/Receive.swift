// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Dispatch
import Foundation
import MartletCore
import MartletCrypto
import MartletNet
import MartletRuntime

struct Receive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a small subscriber that verifies and prints what it receives.",
        discussion: """
            Answers 200 to a delivery whose signature verifies (Standard Webhooks), 400 to any other.
            The first line on standard error is the address it listens on.
            """
    )

    @Option(help: "Where to listen; port 0 lets the system choose.") var listen = "127.0.0.1:9090"
    @Option(
        help: ArgumentHelp(
            "The endpoint's secret (whsec_…) or public key (whpk_…): env:NAME, file:PATH or plain:VALUE. Give it again "
                + "for each further one; a signature by any of them is enough.",
            valueName: "reference"
        )
    )
    var secret: [String]
    @Option(help: "Exit 0 after so many verified deliveries.") var count: Int?
    @Option(help: "Exit 1 if they have not come within this time, such as 30s.") var timeout: String?
    @Flag(help: "Print one JSON object a line.") var json = false

    func validate() throws {
        if ListenAddress(listen) == nil {
            throw ValidationError("--listen must be ADDRESS:PORT, such as 127.0.0.1:9090.")
        }
        if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
        if let timeout, SettingsReader.duration(from: timeout) == nil {
            throw ValidationError("--timeout must be a duration such as 500ms, 30s or 5m.")
        }
    }

    func run() async throws {
        guard let address = ListenAddress(listen) else { return }
        let subscriber = Subscriber(verifiers: try secret.map { try SecretOption.verifier($0) }, json: json)
        let loop = try EventLoop(label: "martlet.receive.loop")
        let listener = HTTPListener(
            loop: loop,
            address: address,
            limits: Self.limits,
            handler: { subscriber.handle($0, $1) }
        )
        let bound = try await listener.start()
        Console.error("listening on \(bound)\n")
        let isComplete = await wait(for: subscriber)
        await listener.drain(within: .seconds(2))
        await loop.shutDown()
        if !isComplete {
            Console.error("the deliveries that were waited for did not come: \(subscriber.verified) verified so far\n")
            throw ExitCode(1)
        }
    }

    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        // A body with the raw callback inside is larger than the callback.
        limits.body = 1 << 20
        return limits
    }

    /// Ends with true after `count` verified deliveries or on a signal, with false when the time is up.
    private func wait(for subscriber: Subscriber) async -> Bool {
        let limit = timeout.flatMap { SettingsReader.duration(from: $0) }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                var verified = 0
                for await _ in subscriber.verifications {
                    verified += 1
                    if let count, verified >= count { return true }
                }
                return true
            }
            let signals = SignalStream([SIGTERM, SIGINT])
            group.addTask { [count] in
                for await _ in signals.values { return count == nil }
                return false
            }
            if let limit {
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return false
                }
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}
