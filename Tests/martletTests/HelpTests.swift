// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// The help of every command, word for word: it is what operators and scripts go by.
///
/// After a change that is meant, run this suite with MARTLET_WRITE_FIXTURES=1 and look at what changed.
struct HelpTests {
    private static let folder = Fixtures.folder.appendingPathComponent("help")

    /// Every command with the words that call it.
    private static func commands(
        _ command: any ParsableCommand.Type = Martlet.self,
        _ words: [String] = ["martlet"]
    ) -> [(words: [String], command: any ParsableCommand.Type)] {
        let below = command.configuration.subcommands.flatMap { child in
            commands(child, words + [child._commandName])
        }
        return [(words, command)] + below
    }

    private static func help(of command: any ParsableCommand.Type) -> String {
        Martlet.helpMessage(for: command, columns: 100) + "\n"
    }

    @Test func everyCommandsHelpIsAsWritten() throws {
        let isWriting = ProcessInfo.processInfo.environment["MARTLET_WRITE_FIXTURES"] == "1"
        if isWriting {
            try? FileManager.default.removeItem(at: Self.folder)
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        }
        var names: Set<String> = []
        for (words, command) in Self.commands() {
            let name = words.joined(separator: "-") + ".txt"
            names.insert(name)
            let file = Self.folder.appendingPathComponent(name)
            let help = Self.help(of: command)
            if isWriting { try Data(help.utf8).write(to: file) }
            let written = try? String(contentsOf: file, encoding: .utf8)
            #expect(help == written, "\(name); MARTLET_WRITE_FIXTURES=1 writes it anew")
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)) == names)
    }

    /// Whoever reads a command's help learns what it does and what its options mean.
    @Test func everyCommandAndOptionIsExplained() {
        for (words, command) in Self.commands() {
            let name = words.joined(separator: " ")
            #expect(!command.configuration.abstract.isEmpty, "\(name)")
            let help = Self.help(of: command)
            let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            for (index, line) in lines.enumerated() where line.hasPrefix("  -") {
                let words = line.split(separator: " ").drop { $0.hasPrefix("-") || $0.hasPrefix("<") }
                let below = index + 1 < lines.count ? lines[index + 1] : ""
                #expect(!words.isEmpty || below.hasPrefix("          "), "\(name): \(line)")
            }
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func thereAreCompletionsForTheUsualShells(_ shell: String) async throws {
        let script = try await MartletProcess.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        for word in ["deliveries", "tail", "listen", "forward-to"] { #expect(script.output.contains(word), "\(word)") }
    }
}
