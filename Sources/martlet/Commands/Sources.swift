// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Sources: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show sources and how they are doing, while the gateway runs.",
        discussion: "Asks a running gateway with the key in MARTLET_KEY, which needs the role viewer.",
        subcommands: [List.self, Show.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List sources.")

        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "sources"], query: "?limit=500")
            if !gateway.json { Console.output(SourcePrinter.table(answer.object)) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one source: when it was last heard of, what was refused and why, its watches."
        )

        @Argument(help: "The source, PROVIDER/ID.") var source: String
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard source.split(separator: "/", omittingEmptySubsequences: true).count == 2 else {
                throw ValidationError("A source is written like cryptomus/main.")
            }
        }

        func run() async throws {
            let parts = source.split(separator: "/").map { String($0) }
            let answer = try await gateway.ask("GET", ["v1", "sources"] + parts)
            if !gateway.json { Console.output(SourcePrinter.page(answer.object)) }
        }
    }
}
