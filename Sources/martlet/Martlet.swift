// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command line of Martlet.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "A gateway for payment callbacks: takes in, verifies, stores, signs anew and forwards.",
        discussion: """
            A gateway needs a configuration file; config.example.json shows every key.
            Start with: martlet check --config config.json
            """,
        version: MartletVersion.text,
        subcommands: [
            Serve.self, Check.self, Keygen.self, Trigger.self, Receive.self, Tail.self, Listen.self, Events.self,
            Deliveries.self,
            Endpoints.self, Sources.self, Quarantine.self, Watches.self, Sweeps.self, Resend.self, Simulate.self,
            Orders.self, Keys.self, Audit.self, Secrets.self, Replay.self, Backup.self,
        ]
    )
}

/// The version that `--version` prints.
enum MartletVersion {
    static let text = "0.1.0"
}
