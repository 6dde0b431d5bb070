// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletConfig
import MartletCore
import MartletCrypto

struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forward a running gateway's events to a program on this machine, signed with a secret of your own.",
        discussion: """
            For developers of subscribers: the gateway needs no endpoint for it and keeps no delivery of it. Asks a running \
            gateway with the key in MARTLET_KEY, which needs the role viewer. Each event is sent once, with the headers of \
            Standard Webhooks, and printed with the answer. When the connection to the gateway breaks it connects again \
            and catches up. End it with Ctrl-C.
            """
    )

    @Option(help: ArgumentHelp("Where to send events, such as http://localhost:3000/hooks.", valueName: "url"))
    var forwardTo: String
    @Option(
        help: ArgumentHelp(
            "The secret to sign with (whsec_…): env:NAME, file:PATH or plain:VALUE. By default one is made and printed.",
            valueName: "reference"
        )
    )
    var secret: String?
    @Option(help: "How long the program may take to answer, such as 15s.") var timeout = "15s"
    @OptionGroup var options: StreamOption
    @OptionGroup var gateway: GatewayOption

    func validate() throws {
        guard forwardTo.hasPrefix("http://") || forwardTo.hasPrefix("https://") else {
            throw ValidationError("--forward-to must be a URL, such as http://localhost:3000/hooks.")
        }
        if SettingsReader.duration(from: timeout) == nil {
            throw ValidationError("--timeout must be a duration such as 500ms, 30s or 5m.")
        }
    }

    func run() async throws {
        let made = secret == nil ? WebhookSecret.generate() : nil
        let text = try secret.map { try SecretOption.secret($0, of: "--secret") } ?? Secret(text: made ?? "")
        let key: WebhookSecret
        do {
            key = try WebhookSecret(text)
        } catch {
            throw ValidationError("--secret \(error.description)")
        }
        if let made { Console.error("secret      \(made)\n") }
        Console.error(Table.printable("forwarding  to \(forwardTo)") + "\n")
        let forwarder = try EventForwarder(
            url: forwardTo,
            secret: key,
            timeout: SettingsReader.duration(from: timeout) ?? .seconds(15)
        )
        var stream = options.stream(gateway, kinds: "event")
        var told = 0
        do {
            try await stream.follow { item in
                let outcome = await forwarder.forward(item)
                Console.output(
                    gateway.json
                        ? StreamPrinter.json(item, outcome) : StreamPrinter.line(item, outcome)
                )
                told += 1
                return told != options.count
            }
        } catch {
            await forwarder.shutDown()
            throw error
        }
        await forwarder.shutDown()
    }
}
