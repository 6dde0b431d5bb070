// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// What the body of a request wants replayed, with every rule kept that can be judged without the store.
struct ReplayWish: Sendable {
    var selection: ReplaySelection
    var ratePerSecond: Double
    var reason: String?
    var isDryRun: Bool

    static let defaultRate = 100.0
    private static let rates = 0.1...1000.0
    private static let targetsAtMost = 20
    private static let filters = [
        "state", "endpoint", "source", "provider", "type", "shop", "order", "since", "until",
    ]
    private static let common = ["to", "ratePerSecond", "reason", "dryRun"]

    /// Many by filter and time; the reason is wanted unless nothing is to be done.
    init(many call: AdminCall) throws(Problem) {
        let body = try call.body(allowing: Self.filters + Self.common)
        try self.init(common: body, ReplaySelection())
        (selection.states, selection.includesMissing) = try Self.states(of: body)
        selection.endpoint = try AdminCall.text("endpoint", of: body).map { EndpointID($0) }
        selection.source = try AdminCall.text("source", of: body)
        selection.provider = try AdminCall.text("provider", of: body)
        selection.type = try Self.type(of: body)
        selection.shop = try AdminCall.text("shop", of: body)
        selection.order = try AdminCall.text("order", of: body)
        selection.since = try AdminCall.moment("since", of: body)
        selection.until = try AdminCall.moment("until", of: body)
        if let since = selection.since, let until = selection.until, since >= until {
            throw Problem(field: "until", rule: "must come after \"since\"", remedy: "the end itself is not included")
        }
        try checkBounds()
        if reason == nil, !isDryRun {
            throw Problem(
                field: "reason",
                rule: "is missing",
                remedy: "say in up to 500 bytes why: it is kept with the replay"
            )
        }
        // What it has had goes to where it went: the same as naming nobody, and bodies of its own shape are there.
        if let endpoint = selection.endpoint, selection.targets == [endpoint] { selection.targets = nil }
        try checkMissing()
    }

    /// What would be all that there ever was wants a beginning.
    private func checkBounds() throws(Problem) {
        if selection.since != nil || selection.order != nil { return }
        let (word, all) =
            selection.includesMissing
            ? (ReplaySelection.missing, "all that came before there was the endpoint goes to it")
            : ("delivered", "all that was ever delivered goes again")
        guard selection.includesMissing || selection.states.contains(.delivered) else { return }
        throw Problem(
            field: "since",
            rule: "is wanted where \"state\" has \"\(word)\": else \(all)",
            remedy: "give \"since\" or \"order\""
        )
    }

    /// What was missed is a matter of one endpoint: what it subscribes to says what that is.
    private func checkMissing() throws(Problem) {
        guard selection.includesMissing else { return }
        if selection.endpoint == nil {
            throw Problem(
                field: "endpoint",
                rule: "is wanted where \"state\" has \"missing\": it says who has missed something",
                remedy: "give \"endpoint\"; what it subscribes to now and never had goes to it"
            )
        }
        if selection.targets != nil {
            throw Problem(
                field: "to",
                rule: "does not go with \"missing\": what an endpoint has missed goes to that endpoint",
                remedy: "leave \"to\" out"
            )
        }
    }

    /// One event.
    init(event: EventID, _ call: AdminCall) throws(Problem) {
        let body = try call.body(allowing: Self.common)
        try self.init(common: body, ReplaySelection(states: ReplaySelection.allStates, event: event))
    }

    private init(common body: JSONObject, _ selection: ReplaySelection) throws(Problem) {
        self.selection = selection
        self.selection.targets = try Self.targets(of: body)
        ratePerSecond = try Self.rate(of: body)
        isDryRun = try AdminCall.bool("dryRun", of: body)
        reason = try AdminCall.text("reason", of: body)
        if let reason, reason.utf8.count > 500 || !reason.contains(where: { !$0.isWhitespace }) {
            throw Problem(field: "reason", rule: "must be text of 1 to 500 bytes", remedy: "say why in a sentence")
        }
    }

    // MARK: members

    private static func states(
        of body: JSONObject
    ) throws(Problem) -> (states: Set<DeliveryState>, includesMissing: Bool) {
        let texts: [String]
        switch body["state"] {
        case nil, .null: return (ReplaySelection.defaultStates, false)
        case .string(let text): texts = [text]
        case .array(let elements) where !elements.isEmpty: texts = elements.map { $0.string ?? "" }
        case .some: texts = [""]
        }
        let known = (ReplaySelection.allStates.map(\.rawValue) + [ReplaySelection.missing]).sorted()
        var states: Set<DeliveryState> = []
        for text in texts where text != ReplaySelection.missing {
            guard let state = DeliveryState(rawValue: text), ReplaySelection.allStates.contains(state) else {
                throw Problem(
                    field: "state",
                    rule: "must be one of \(known.joined(separator: ", ")), or a list of them",
                    remedy: known.near(to: String(text.prefix(64))).first.map { "did you mean \"\($0)\"?" }
                        ?? "leave it out for dead and skipped"
                )
            }
            states.insert(state)
        }
        return (states, texts.contains(ReplaySelection.missing))
    }

    private static func type(of body: JSONObject) throws(Problem) -> String? {
        guard let text = try AdminCall.text("type", of: body) else { return nil }
        let types = (EventType.all + EventType.operational).map(\.rawValue)
        guard types.contains(text) else {
            throw Problem(
                field: "type",
                rule: "must be one of \(types.joined(separator: ", "))",
                remedy: types.near(to: String(text.prefix(64))).first.map { "did you mean \"\($0)\"?" }
                    ?? "choose one of these"
            )
        }
        return text
    }

    private static func targets(of body: JSONObject) throws(Problem) -> [EndpointID]? {
        let elements: [JSONValue]
        switch body["to"] {
        case nil, .null: return nil
        case .string(let text): elements = [.string(text)]
        case .array(let list): elements = list
        case .some: elements = []
        }
        let names = elements.compactMap(\.string).filter { !$0.isEmpty }
        guard (1...targetsAtMost).contains(names.count), names.count == elements.count,
            Set(names).count == names.count
        else {
            throw Problem(
                field: "to",
                rule: "must be a list of 1 to \(targetsAtMost) different endpoints",
                remedy: "write it like [\"ledger\"], or leave it out for the endpoints that the deliveries were for"
            )
        }
        return names.map { EndpointID($0) }
    }

    private static func rate(of body: JSONObject) throws(Problem) -> Double {
        switch body["ratePerSecond"] {
        case nil, .null: return defaultRate
        case .number(let digits):
            if let rate = Double(digits), rates.contains(rate) { return rate }
            fallthrough
        case .some:
            throw Problem(
                field: "ratePerSecond",
                rule: "must be a number from 0.1 to 1000",
                remedy: "leave it out for \(Int(defaultRate)); what an endpoint takes limits it anyway"
            )
        }
    }
}
