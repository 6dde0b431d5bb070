// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Endpoints: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at subscribers' endpoints, make and change them, while the gateway runs.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY. Looking needs the role viewer; everything else needs the
            role admin. Endpoints of the configuration file are changed there; they can be disabled, enabled and tested.
            """,
        subcommands: [
            List.self, Show.self, Add.self, Update.self, Remove.self, Test.self, RotateSecret.self, Enable.self,
            Disable.self,
        ],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List endpoints with their state and backlog.")

        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "endpoints"], query: "?limit=500")
            if gateway.json { return }
            Console.output(EndpointPrinter.table(answer.object))
            if answer.object["nextCursor"]?.string != nil { Console.error("Only the first 500 are shown.\n") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one endpoint: settings, health, backlog.")

        @Argument(help: "The endpoint's id.") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("GET", ["v1", "endpoints", id])
            if !gateway.json { Console.output(EndpointPrinter.page(answer.object)) }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enable an endpoint that was disabled by hand, by 410 or after five days of failures.",
            discussion: """
                What waits for it is then sent, slowly at first. What came while it was disabled was skipped: it is sent
                only with --offer-skipped, which also works later.
                """
        )

        @Argument(help: "The endpoint's id.") var id: String
        @Flag(help: "Also send what was skipped while it was disabled.") var offerSkipped = false
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let body = offerSkipped ? Array(#"{"offerSkipped":true}"#.utf8) : []
            let answer = try await gateway.ask(
                "POST",
                ["v1", "endpoints", id, "enable"],
                body: body,
                timeout: .seconds(3600)
            )
            if !gateway.json { Console.output(EndpointPrinter.enabled(answer.object, offersSkipped: offerSkipped)) }
            guard let note = answer.object["note"]?.string else { return }
            Console.error(Table.printable(note) + "\n")
            throw ExitCode(1)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable an endpoint: nothing more is sent to it.",
            discussion: "What waits for it goes on waiting; what comes meanwhile is kept as skipped."
        )

        @Argument(help: "The endpoint's id.") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("POST", ["v1", "endpoints", id, "disable"])
            if !gateway.json { Console.output(EndpointPrinter.disabled(answer.object)) }
        }
    }
}
