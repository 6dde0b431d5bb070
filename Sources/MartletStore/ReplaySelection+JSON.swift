// SPDX-License-Identifier: Apache-2.0
import MartletCore
package import MartletWire

/// A selection as one JSON object, in the store and for people; members that match everything are left out.
extension ReplaySelection {
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        if event == nil { list("state", words, to: &json) }
        for (name, value) in texts { json.member(of: name, value) }
        if let shops { list("shops", shops.sorted(), to: &json) }
        if let targets { list("to", targets.map(\.rawValue), to: &json) }
        json.endObject()
    }

    package var json: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    /// Nil unless the bytes are what `json` made.
    package init?(json: [UInt8]) {
        guard let object = (try? JSONReader.read(json))?.object else { return nil }
        func text(_ name: String) -> String? { object[name]?.string }
        func list(_ name: String) -> [String]? {
            guard case .array(let elements) = object[name] else { return nil }
            return elements.compactMap(\.string)
        }
        self.init(
            states: list("state").map { Set($0.compactMap(DeliveryState.init(rawValue:))) } ?? Self.allStates,
            includesMissing: list("state")?.contains(Self.missing) ?? false,
            endpoint: text("endpoint").map { EndpointID($0) },
            event: text("event").map(EventID.init(rawValue:)),
            provider: text("provider"),
            source: text("source"),
            type: text("type"),
            shop: text("shop"),
            order: text("order"),
            since: text("since").flatMap { Timestamp(rfc3339: $0) },
            until: text("until").flatMap { Timestamp(rfc3339: $0) },
            shops: list("shops").map { Set($0) },
            targets: list("to")?.map { EndpointID($0) }
        )
    }

    /// The word among the states for what the endpoint never had.
    package static let missing = "missing"

    private var words: [String] { (states.map(\.rawValue) + (includesMissing ? [Self.missing] : [])).sorted() }

    private var texts: [(String, String)] {
        let members: [(String, String?)] = [
            ("endpoint", endpoint?.rawValue), ("event", event?.rawValue), ("provider", provider), ("source", source),
            ("type", type), ("shop", shop), ("order", order), ("since", since?.rfc3339), ("until", until?.rfc3339),
        ]
        return members.compactMap { name, value in value.map { (name, $0) } }
    }

    private func list(_ name: String, _ values: [String], to json: inout JSONWriter) {
        json.name(of: name)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }
}
