// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletRuntime
import MartletWire

extension Replay {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a replay of all deliveries that fit.",
            discussion: """
                Without --state what is dead or skipped is made again, of all time and for all endpoints unless \
                options say less. --state missing makes what --endpoint never had and subscribes to now: it was \
                added later, or its filter was widened. --to names other endpoints than those that the deliveries \
                were for. Ordered delivery, the endpoint's limits and its breaker hold as always.
                """
        )

        @Option(help: "Only what was for this endpoint.") var endpoint: String?
        @Option(help: "Only in this state: dead, skipped, cancelled, delivered, missing; may be repeated.")
        var state: [String] = []
        @Option(help: "Only events that came then or later: 2026-11-21T19:11:00Z, or 2h for two hours ago.")
        var since: String?
        @Option(help: "Only events that came before then.") var until: String?
        @Option(help: "Only events of this source, as provider/id or by its id.") var source: String?
        @Option(help: "Only events of this provider.") var provider: String?
        @Option(help: "Only this type, such as payment.paid.") var type: String?
        @Option(help: "Only this shop.") var shop: String?
        @Option(help: "Only this merchant's order number.") var order: String?
        @OptionGroup var options: ReplayOption

        func validate() throws {
            if options.reason == nil, !options.dryRun {
                throw ValidationError(
                    "Say why with --reason TEXT: it is kept with the replay. To look first: --dry-run"
                )
            }
            for (name, text) in [("--since", since), ("--until", until)] {
                guard let text, Self.moment(text) == nil else { continue }
                throw ValidationError("\(name) must be a moment like 2026-11-21T19:11:00Z or a span like 2h, 30m, 1d.")
            }
        }

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            if !state.isEmpty {
                json.name("state")
                json.beginArray()
                for word in state { json.string(word) }
                json.endArray()
            }
            let texts = [
                ("endpoint", endpoint), ("since", since.flatMap(Self.moment)), ("until", until.flatMap(Self.moment)),
                ("source", source), ("provider", provider), ("type", type), ("shop", shop), ("order", order),
            ]
            for case (let name, let text?) in texts { json.member(of: name, text) }
            options.write(to: &json)
            json.endObject()
            try await options.send(["v1", "replays"], json.bytes)
        }

        /// A moment as it stands, or so long ago.
        private static func moment(_ text: String) -> String? {
            if let span = SettingsReader.duration(from: text) { return (SystemClock().now() - span).rfc3339 }
            return Timestamp(rfc3339: text).map(\.rfc3339)
        }
    }
}

extension Events {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver one event again, while the gateway runs.",
            discussion: """
                It goes to all endpoints that had it, or to those that --to names. Needs the role operator, with \
                the key in MARTLET_KEY.
                """
        )

        @Argument(help: "The event's id, evt_….") var id: String
        @OptionGroup var options: ReplayOption

        func run() async throws {
            var json = JSONWriter()
            json.beginObject()
            options.write(to: &json)
            json.endObject()
            try await options.send(["v1", "events", id, "replay"], json.bytes)
        }
    }
}

/// How a replay is made.
struct ReplayOption: ParsableArguments {
    @Option(help: "Send to this endpoint instead; may be repeated.") var to: [String] = []
    @Option(help: "Deliveries made in a second; by default 100.") var rate: Double?
    @Option(help: "Why; kept with the replay.") var reason: String?
    @Flag(help: "Only show what would be sent.") var dryRun = false
    @Flag(help: "Wait for the end, and show how far it has come meanwhile.") var wait = false
    @OptionGroup var gateway: GatewayOption

    func validate() throws {
        if dryRun, wait { throw ValidationError("--wait has nothing to wait for with --dry-run.") }
        if let rate, !(0.1...1000).contains(rate) { throw ValidationError("--rate must be from 0.1 to 1000.") }
    }

    func write(to json: inout JSONWriter) {
        if !to.isEmpty {
            json.name("to")
            json.beginArray()
            for endpoint in to { json.string(endpoint) }
            json.endArray()
        }
        if let rate {
            json.name("ratePerSecond")
            json.raw(Array("\(rate)".utf8))
        }
        if let reason { json.member("reason", reason) }
        if dryRun {
            json.name("dryRun")
            json.bool(true)
        }
    }

    func send(_ path: [String], _ body: [UInt8]) async throws {
        // With --wait --json only the end is printed, so that the output is one document.
        var quiet = gateway
        if wait { quiet.json = false }
        let answer = try await quiet.ask("POST", path, body: body)
        if wait, let id = answer.object["id"]?.string {
            if !gateway.json { Console.error(ReplayPrinter.line(answer.object) + "\n") }
            return try await ReplayFollower.follow(id, gateway)
        }
        if gateway.json { return }
        Console.output(dryRun ? ReplayPrinter.survey(answer.object) : ReplayPrinter.line(answer.object) + "\n")
        if !dryRun, let id = answer.object["id"]?.string {
            Console.error("See how far it has come with: martlet replay show \(id) --wait\n")
        }
    }
}
