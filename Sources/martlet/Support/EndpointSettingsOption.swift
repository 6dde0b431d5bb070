// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

/// An endpoint's settings: the common ones as options, all of them in a file.
struct EndpointSettingsOption: ParsableArguments {
    @Option(help: ArgumentHelp("The endpoint's URL, where deliveries go.", valueName: "url")) var to: String?
    @Option(
        name: .customLong("event"),
        help: "A type of event, such as payment.paid or payment.*; may be given several times."
    )
    var events: [String] = []
    @Option(name: .customLong("shop"), help: "A shop whose events it gets; may be given several times.")
    var shops: [String] = []
    @Option(
        help: ArgumentHelp(
            "A JSON object with any settings, as in the configuration's \"endpoints\"; - for standard input.",
            discussion: "Secrets go in here, never into options: those would show in the process list.",
            valueName: "file"
        )
    )
    var settings: String?

    /// The settings as one JSON object, with these members before them; the options win over the file.
    func body(_ members: [(String, JSONValue)] = []) throws -> [UInt8] {
        var object = JSONObject()
        if let settings {
            let bytes = try InputFile.read(settings, holding: "endpoint", as: "one JSON object with its settings")
            guard let read = (try? JSONReader.read(bytes))?.object else {
                throw ValidationError("--settings must name a file with one JSON object.")
            }
            object = read
        }
        var options = members
        if let to { options.append(("url", .string(to))) }
        if !events.isEmpty { options.append(("events", .array(events.map { .string($0) }))) }
        if !shops.isEmpty { options.append(("shops", .array(shops.map { .string($0) }))) }
        object.members.removeAll { member in options.contains { $0.0 == member.name } }
        object.members = options.map { JSONObject.Member(name: $0.0, value: $0.1) } + object.members
        var json = JSONWriter()
        json.value(.object(object))
        return json.bytes
    }
}
