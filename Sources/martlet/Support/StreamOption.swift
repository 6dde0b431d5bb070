// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// What a live stream is to tell.
struct StreamOption: ParsableArguments {
    @Option(help: "Only this shop.") var shop: String?
    @Option(help: "Only this source, as provider/id or by its id.") var source: String?
    @Option(help: "Only this type, such as payment.paid, or types such as payment.*.") var type: String?
    @Option(help: "Only what concerns this endpoint.") var endpoint: String?
    @Option(
        help: ArgumentHelp(
            "Begin after this position, the number that the stream gives to an event; 0 begins with the oldest.",
            valueName: "position"
        )
    )
    var after: Int64?
    @Option(help: ArgumentHelp("Exit 0 after so many.", valueName: "number")) var count: Int?

    func validate() throws {
        if let after, after < 0 { throw ValidationError("--after must not be negative.") }
        if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
    }

    /// The stream of these kinds.
    func stream(_ gateway: GatewayOption, kinds: String) -> LiveStream {
        let filters = [("shop", shop), ("source", source), ("type", type), ("endpoint", endpoint)]
        let query = filters.compactMap { name, value in value.map { (name: name, value: $0) } }
        return LiveStream(gateway: gateway, query: [(name: "kinds", value: kinds)] + query, position: after)
    }
}
