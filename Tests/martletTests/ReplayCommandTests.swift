// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import martlet

/// What `martlet replay` says before it asks a gateway.
@Suite(.timeLimit(.minutes(1))) struct ReplayCommandTests {
    @Test(arguments: [
        (["replay", "create", "--endpoint", "ledger"], "Say why with --reason TEXT"),
        (["replay", "create", "--since", "yesterday", "--dry-run"], "--since must be a moment like"),
        (["replay", "create", "--rate", "0", "--dry-run"], "--rate must be from 0.1 to 1000."),
        (["replay", "create", "--dry-run", "--wait"], "--wait has nothing to wait for"),
        (["replay", "list", "--state", "gone"], "--state must be one of running, paused, cancelled, done."),
        (["replay", "list", "--limit", "0"], "--limit must be from 1 to 500."),
        (["replay", "pause", "first"], "A replay's id looks like rpl_42."),
    ])
    func wrongUseIsExplained(arguments: [String], sentence: String) async throws {
        let ended = try await MartletProcess.run(arguments)
        #expect(ended.status != 0)
        #expect(ended.errors.contains(sentence), "\(ended.errors)")
        #expect(ended.output.isEmpty)
    }

    @Test func helpShowsTheWayOutOfAnOutage() async throws {
        let help = try await MartletProcess.run(["replay", "--help"])
        #expect(help.status == 0)
        for more in ["--dry-run", "--reason outage --wait"] {
            #expect(help.output.contains("\n  martlet replay create --endpoint ledger --since 2h \(more)\n"))
        }
        for name in ["create", "list", "show", "pause", "resume", "cancel"] {
            #expect(help.output.contains("\n  \(name) "), "\(name)")
        }
    }
}
