// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

/// Endpoints that live in the gateway's store; those of the configuration file are changed there.
extension Endpoints {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an endpoint; its new secret is printed once.",
            discussion: """
                It is in force at once and survives restarts. The configuration needs a secretsKey, which
                martlet keygen --secrets-key makes.
                """
        )

        @Argument(help: "The new endpoint's id.") var id: String
        @OptionGroup var settings: EndpointSettingsOption
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let body = try settings.body([("id", .string(id))])
            let answer = try await gateway.ask("POST", ["v1", "endpoints"], body: body)
            if !gateway.json { EndpointPrinter.printChange(answer.object, id: id, "made") }
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change settings of an endpoint; what is not named stays.",
            discussion: "A setting that is null in the file goes back to its default."
        )

        @Argument(help: "The endpoint's id.") var id: String
        @OptionGroup var settings: EndpointSettingsOption
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("PATCH", ["v1", "endpoints", id], body: try settings.body())
            if !gateway.json { EndpointPrinter.printChange(answer.object, id: id, "changed") }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an endpoint; its events and deliveries stay to be looked at.",
            discussion: "While deliveries wait for it, it is removed only with --cancel-pending."
        )

        @Argument(help: "The endpoint's id.") var id: String
        @Flag(help: "Cancel the deliveries that wait for it.") var cancelPending = false
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask(
                "DELETE",
                ["v1", "endpoints", id],
                query: cancelPending ? "?pending=cancel" : "",
                timeout: .seconds(3600)
            )
            if gateway.json { return }
            let cancelled = EndpointPrinter.number("cancelled", answer.object)
            Console.output(Table.printable("\(id): removed; \(cancelled) pending deliveries cancelled.") + "\n")
            if let note = answer.object["note"]?.string { Console.error(Table.printable(note) + "\n") }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send an endpoint one test event now and print what came back; exit 1 unless it was accepted.",
            discussion:
                "The event has the type endpoint.test. It is not stored and does not touch the endpoint's health."
        )

        @Argument(help: "The endpoint's id.") var id: String
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            let answer = try await gateway.ask("POST", ["v1", "endpoints", id, "test"], timeout: .seconds(330))
            if !gateway.json { Console.output(EndpointPrinter.test(answer.object, id: id)) }
            if answer.object["succeeded"] != .bool(true) { throw ExitCode(1) }
        }
    }

    struct RotateSecret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an endpoint a new secret, printed once; the old one signs along for a while."
        )

        @Argument(help: "The endpoint's id.") var id: String
        @Option(help: "How long the old secret signs along, such as 24h or 7d; 0s ends it at once.")
        var overlap: String = "24h"
        @Option(help: "Only this scheme's secret: v1 or v1a.") var scheme: String?
        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            json.member("overlap", overlap)
            if let scheme { json.member("scheme", scheme) }
            json.endObject()
            let answer = try await gateway.ask("POST", ["v1", "endpoints", id, "rotate-secret"], body: json.bytes)
            if !gateway.json { EndpointPrinter.printChange(answer.object, id: id, "has a new secret") }
        }
    }
}
