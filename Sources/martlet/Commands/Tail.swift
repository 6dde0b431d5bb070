// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what happens at a running gateway, as it happens.",
        discussion: """
            Asks a running gateway with the key in MARTLET_KEY, which needs the role viewer. When the connection breaks it \
            connects again and goes on where it was: no event is missed or told twice. Everything else is told while it \
            happens and at no other time. End it with Ctrl-C.
            """
    )

    @Option(
        help: ArgumentHelp(
            "What to tell, joined by commas: event, attempt, delivery, endpoint, watch, quarantine, replay; or all.",
            valueName: "kinds"
        )
    )
    var kinds = "event"
    @OptionGroup var options: StreamOption
    @OptionGroup var gateway: GatewayOption

    func run() async throws {
        let all = "event,attempt,delivery,endpoint,watch,quarantine,replay"
        var stream = options.stream(gateway, kinds: kinds == "all" ? all : kinds)
        var told = 0
        try await stream.follow { item in
            Console.output(gateway.json ? StreamPrinter.json(item) : StreamPrinter.line(item))
            told += 1
            return told != options.count
        }
    }
}
