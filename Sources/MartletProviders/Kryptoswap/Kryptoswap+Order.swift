// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Creating orders by `public/exchanger/order/create` (providers.md section 6.1).
///
/// The provider's pages name the members and write lists as `fromValues[0][key]`; they do not say how the body is
/// encoded. A public front end of the same engine (BX-front, AevonX) sends JSON, so that is what goes out unless
/// `orderFormat` says `form`.
extension Kryptoswap: OrderingProvider {
    /// How a request is written.
    package enum OrderFormat: String, Sendable, CaseIterable {
        case json
        case form

        var mediaType: String {
            switch self {
            case .json: "application/json"
            case .form: "application/x-www-form-urlencoded"
            }
        }
    }

    /// Longer than a question may take: an order that is created and not answered for is of no use to anybody.
    static let orderTimeLimit = Duration.seconds(20)

    package var cannotOrder: String? {
        apiBase == nil ? "\(source) has no apiBase; configure it and reload with SIGHUP" : nil
    }

    package func draft(
        _ request: [UInt8],
        hook: String,
        ipnSecret: Secret
    ) throws(RegistrationRefusal) -> OrderDraft {
        var members = try Registration(request, beside: [])
        let wanted = members.object("order", rule: "an object with the provider's members, such as routeId and amount")
        for name in ["ipnUrl", "ipnSecret"] where wanted?[name] != nil {
            members.fail("order.\(name)", "is set by the gateway; leave it out")
        }
        let merchantOrderID = members.plainText("merchantOrderId", isRequired: false, limit: 200)
        let expectedDue = members.expectedDue()
        try members.finish()
        let secret = ipnSecret.withExposedBytes { String(decoding: $0, as: UTF8.self) }
        let own = [("ipnUrl", JSONValue.string(hook)), ("ipnSecret", .string(secret))]
        let whole = JSONObject((wanted?.members ?? []).map { ($0.name, $0.value) } + own)
        return OrderDraft(
            body: Secret(orderFormat == .json ? Self.json(whole) : Self.form(whole)),
            ipnSecret: ipnSecret,
            merchantOrderID: merchantOrderID,
            expectedDue: expectedDue
        )
    }

    package func place(_ draft: OrderDraft, at now: Timestamp, with tools: PollTools) async -> OrderPlacement {
        guard let apiBase else { return .notSent(cause: "not_configured") }
        if let moment = orderGate.enter(at: now) { return .turnedAway(until: moment) }
        let answer = await ProviderInterface(base: apiBase).ask(
            "POST",
            "/public/exchanger/order/create",
            headers: [("content-type", orderFormat.mediaType)],
            body: draft.body.withExposedBytes { $0 },
            within: Self.orderTimeLimit,
            isSentOnce: true,
            through: tools.transport
        )
        if let pause = answer.retryAfter {
            gate.pause(until: now + pause)
            orderGate.pause(until: now + pause)
        }
        return read(answer, of: draft, at: now)
    }

    private func read(_ answer: ProviderAnswer, of draft: OrderDraft, at now: Timestamp) -> OrderPlacement {
        let root = try? JSONReader.readObject(answer.body).object
        let message = Self.message(of: root, hiding: draft.ipnSecret)
        let status = answer.status ?? 0
        switch answer.problem {
        case .dns?, .refused?, .tls?, .blocked?:
            return .notSent(cause: answer.problem?.rawValue ?? "")
        case .redirect?, .clientError?:
            return .refused(status: status, message: message, retryAfter: answer.retryAfter)
        case let problem? where !(200..<300).contains(status):
            return .unknown(cause: problem.rawValue, message: message)
        default: break
        }
        if root?["success"] == .bool(false) {
            return .refused(status: status, message: message, retryAfter: answer.retryAfter)
        }
        guard root?["success"] == .bool(true), let data = root?["data"]?.object else {
            return .unknown(cause: AskProblem.nonsense.rawValue, message: nil)
        }
        let order = data["order"]?.object ?? data
        guard let id = order["_id"]?.string, id.utf8.count == 24, id.isHexadecimal,
            let uid = order["uid"]?.textOrDigits, uid.isDigits, uid.utf8.count <= 20,
            let secret = order["secret"]?.string, (1...200).contains(secret.utf8.count)
        else { return .unknown(cause: AskProblem.nonsense.rawValue, message: nil) }
        let known = KnownOrder(
            objectID: id,
            uid: uid,
            orderSecret: Secret(text: secret),
            ipnSecret: draft.ipnSecret,
            merchantOrderID: draft.merchantOrderID,
            expectedDue: draft.expectedDue
        )
        return .placed(plan(of: known, now: now), answer: Self.hide(draft.ipnSecret, in: order))
    }

    // MARK: reading

    /// The provider's own words: at most 500 characters on one line.
    private static func message(of root: JSONObject?, hiding secret: Secret) -> String? {
        let error = root?["error"]
        guard let text = error?.object?["message"]?.string ?? error?.string ?? root?["message"]?.string else {
            return nil
        }
        let line = text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }
        let clean = hide(secret, in: String(String.UnicodeScalarView(line)))
        return clean.isEmpty ? nil : String(clean.prefix(500))
    }

    private static func hide(_ secret: Secret, in object: JSONObject) -> JSONObject {
        JSONObject(
            object.members.map { member in
                (member.name, member.name == "ipnSecret" ? .string("***") : hide(secret, in: member.value))
            }
        )
    }

    private static func hide(_ secret: Secret, in value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(hide(secret, in: text))
        case .array(let elements): .array(elements.map { hide(secret, in: $0) })
        case .object(let object): .object(hide(secret, in: object))
        default: value
        }
    }

    private static func hide(_ secret: Secret, in text: String) -> String {
        secret.withExposedBytes { text.replacing(String(decoding: $0, as: UTF8.self), with: "***") }
    }

    // MARK: writing

    private static func json(_ object: JSONObject) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.value(.object(object))
        return json.bytes
    }

    /// Members of lists and objects are named as in `fromValues[0][key]`; a null is left out.
    private static func form(_ object: JSONObject) -> [UInt8] {
        var members: [(String, String)] = []
        for member in object.members { flatten(member.value, member.name, into: &members) }
        return FormText.encode(members)
    }

    private static func flatten(_ value: JSONValue, _ name: String, into members: inout [(String, String)]) {
        switch value {
        case .null: break
        case .bool(let bool): members.append((name, bool ? "true" : "false"))
        case .number(let text), .string(let text): members.append((name, text))
        case .array(let elements):
            for (index, element) in elements.enumerated() { flatten(element, "\(name)[\(index)]", into: &members) }
        case .object(let object):
            for member in object.members { flatten(member.value, "\(name)[\(member.name)]", into: &members) }
        }
    }
}
