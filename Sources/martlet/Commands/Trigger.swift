// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletConfig
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletWire

struct Trigger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a correctly signed sample callback to a running gateway.",
        discussion: """
            The sample is signed with the secrets of the configuration, as the provider would sign it.
            SpectroCoin signs with a private key that only SpectroCoin has: make a pair with
            "martlet keygen --rsa PREFIX", put the public key into publicKeys, and give the private one here.
            """
    )

    @Argument(help: ArgumentHelp("The source.", valueName: "provider/id")) var source: String
    @Option(help: "The status, in the provider's own word, such as paid.") var status: String
    @OptionGroup var file: ConfigurationOption
    @Option(help: "The gateway's ingest address; by default MARTLET_INGEST_URL, or the one of the configuration.")
    var url: String?
    @Option(help: "The merchant's order number.") var order: String?
    @Option(help: "The amount, as the provider writes it.") var amount: String?
    @Option(help: "The currency, as the provider writes it.") var currency: String?
    @Option(help: ArgumentHelp("PEM file of the private key that stands in for SpectroCoin's.", valueName: "file"))
    var privateKey: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let configuration = try file.load()
        let provider = try provider(in: configuration)
        let now = SystemClock().now()
        let request = SampleRequest(
            status: status,
            orderID: order,
            amount: amount,
            currency: currency,
            privateKeyPEM: try readPrivateKey(),
            nonce: SystemRandom().next(),
            now: now
        )
        let sample: SampleCallback
        do {
            sample = try provider.sample(request)
        } catch {
            Console.error("\(error.description)\n")
            throw ExitCode(1)
        }
        let result = try await send(sample, to: provider.source, configuration)
        let expected = provider.acknowledgement
        let isAcknowledged = result.outcome == .answered(status: expected.status) && result.body == expected.body
        report(result, isAcknowledged: isAcknowledged, event: eventID(of: sample, from: provider, at: now))
        if !isAcknowledged { throw ExitCode(1) }
    }

    private func provider(in configuration: Configuration) throws -> any PushProvider {
        let pushing = configuration.sources.compactMap(\.push)
        if let provider = pushing.first(where: { $0.source.description == source }) { return provider }
        let names = pushing.map(\.source.description).joined(separator: ", ")
        throw ValidationError("There is no pushing source \(source) in \(file.config); there are: \(names).")
    }

    private func readPrivateKey() throws -> Secret? {
        guard let privateKey else { return nil }
        guard let data = FileManager.default.contents(atPath: privateKey) else {
            throw ValidationError("\(privateKey) cannot be read.")
        }
        return Secret(Array(data))
    }

    private func send(_ sample: SampleCallback, to source: SourceID, _ configuration: Configuration) async throws
        -> AttemptResult
    {
        // Not MARTLET_URL, which is the admin address for all other commands.
        let named = url ?? ProcessInfo.processInfo.environment["MARTLET_INGEST_URL"]
        let base = named ?? "http://\(configuration.ingest.listen)"
        let stem = base.hasSuffix("/") ? String(base.dropLast()) : base
        let request = OutboundRequest(
            url: "\(stem)/hooks/\(source)",
            headers: sample.headers,
            body: sample.body,
            // The operator names the gateway himself; it usually is on this very machine.
            egress: EgressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap(AddressBlock.init))
        )
        let loop = try EventLoop(label: "martlet.trigger.loop")
        let transport = CurlTransport(loop: loop)
        let result = await withCheckedContinuation { continuation in
            transport.send(request) { continuation.resume(returning: $0) }
        }
        await transport.shutDown()
        await loop.shutDown()
        return result
    }

    /// The id that the gateway gives the event, known beforehand because the same change has the same id.
    private func eventID(of sample: SampleCallback, from provider: any PushProvider, at now: Timestamp) -> EventID? {
        let callback = Callback(
            method: "POST",
            headers: sample.headers,
            body: sample.body,
            sourceAddress: .loopback,
            receivedAt: now
        )
        if case .accepted(let event) = provider.judge(callback, order: .unknown) { return event.id }
        return nil
    }

    private func report(_ result: AttemptResult, isAcknowledged: Bool, event: EventID?) {
        let body = String(decoding: result.body, as: UTF8.self)
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("source", source)
            writer.name("acknowledged")
            writer.bool(isAcknowledged)
            if case .answered(let status) = result.outcome { writer.member("status", integer: Int64(status)) }
            if case .failed(let failure) = result.outcome { writer.member("error", failure.rawValue) }
            writer.member("body", body)
            writer.member("event_id", event?.rawValue)
            writer.endObject()
            return Console.output(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
        switch result.outcome {
        case .answered(let status):
            let verdict = isAcknowledged ? "acknowledged" : "not acknowledged"
            Console.output("\(source): \(verdict), HTTP \(status) \(Table.printable(body))\n")
            if isAcknowledged, let event { Console.output("event \(event)\n") }
        case .failed(let failure):
            Console.error(
                "\(source): no answer (\(failure.rawValue): \(result.detail ?? "")). Is the gateway running? "
                    + "Start it with: martlet serve --config \(file.config)\n"
            )
        }
    }
}
