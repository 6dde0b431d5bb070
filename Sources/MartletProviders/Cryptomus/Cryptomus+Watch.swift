// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Asking back after payments and payouts (providers.md section 4.7).
extension Cryptomus: WatchedProvider {
    /// Daily after the first day, in place of the provider's daily list: so long may a payment or payout stay open.
    static let schedule = PollSchedule(
        moments: [.minutes(2), .minutes(10), .minutes(30), .hours(2), .hours(6), .hours(24)],
        phases: [.init(every: .days(1), until: .days(7))]
    )

    /// Reads `kind` (`payment` or `payout`) with `uuid` or `orderId`, or both.
    package func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        var members = try Registration(registration)
        let kind = members.text("kind", rule: "payment or payout") { $0 == "payment" || $0 == "payout" }
        let uuid = members.uuid("uuid", isRequired: false)
        let orderID = members.text(
            "orderId",
            isRequired: false,
            rule: "your order number of 1 to 100 letters, digits, dashes or underscores"
        ) { Self.isOrderNumber($0) }
        if uuid == nil, orderID == nil, members.problems.isEmpty {
            members.fail("uuid", "is missing; give the provider's uuid, or your orderId")
        }
        try members.finish()
        let subject = uuid ?? "\(kind ?? ""):\(orderID ?? "")"
        var details = JSONWriter(capacity: 128)
        details.beginObject()
        details.member("kind", kind)
        details.member("uuid", uuid)
        details.member("orderId", orderID)
        details.endObject()
        let obstacle = kind.flatMap { Kind(rawValue: $0) }.flatMap { cannotBeAsked($0) }
        let watch = Watch(
            source: source,
            subject: subject,
            details: details.bytes,
            state: obstacle == nil ? .open : .held,
            nextPollAt: obstacle == nil ? polling.schedule.first(since: now) : nil,
            deadline: polling.schedule.deadline(since: now),
            note: obstacle,
            createdAt: now
        )
        // Of the two the provider goes by the uuid, so beside one the number proves nothing.
        return WatchPlan(watch: watch, merchantOrderID: uuid == nil ? orderID : nil)
    }

    package func poll(
        _ watch: Watch,
        order: KnownOrder?,
        at now: Timestamp,
        with tools: PollTools
    ) async -> PollAnswer {
        let round = PollRound(watch, at: now, on: polling.schedule, through: gate)
        guard let object = try? JSONReader.readObject(watch.details).object,
            let kind = object["kind"]?.string.flatMap({ Kind(rawValue: $0) })
        else { return round.held("the registration cannot be read; register it again", outcome: "not_configured") }
        let wanted = Wanted(kind: kind, uuid: object["uuid"]?.string, orderID: object["orderId"]?.string)
        if let obstacle = cannotBeAsked(kind) { return round.held(obstacle, outcome: "not_configured") }
        if let turnedAway = round.turnedAway() { return turnedAway }
        let answer = await ask(wanted, through: tools.transport)
        if let claim = object["claim"]?.string { return confirm(claim, of: wanted, by: answer, watch, at: now) }
        if let problem = answer.problem { return round.failed(problem, retryAfter: answer.retryAfter) }
        switch read(answer.body, for: wanted, receivedAt: now) {
        case .event(let event) where saysNothingNew(event, after: round.memory): return round.unchanged()
        case .event(let event):
            // The notification of the same change may state the amount, and has another id then.
            let isRelative = Self.leavesOutTheAmount(event)
            return round.learned(event, mark: event.dedupeKey, raw: answer.body, isRelative: isRelative)
        case .mismatch:
            let reason =
                "the provider's answer is about another \(kind.rawValue); compare uuid and orderId, then resume"
            return round.held(reason, outcome: "order_mismatch")
        case .problem(let problem): return round.failed(problem)
        }
    }

    /// Keeps the status and whose it is, by which an answer without an amount is known to say nothing new.
    package func memory(of watch: Watch, afterStatus status: String, of object: String?) -> [UInt8] {
        var memory = PollMemory(watch.memory)
        (memory.known, memory.knownObject) = (status, object)
        return memory.bytes
    }

    /// Whether an answer that leaves out the amount only repeats the status of the newest event, which may have had it.
    ///
    /// Not if that event was of another payment, to which the merchant gave the same number.
    private func saysNothingNew(_ event: Event, after memory: PollMemory) -> Bool {
        Self.leavesOutTheAmount(event) && event.finality != .final && event.providerStatus == memory.known
            && event.providerObjectID?.lowercased() == memory.knownObject?.lowercased()
    }

    private static func leavesOutTheAmount(_ event: Event) -> Bool {
        event.object == .payment && stated(event.money.paid) == nil
    }

    package func object(of watch: Watch) -> WatchedObject {
        guard let object = try? JSONReader.readObject(watch.details).object else { return .object(watch.subject) }
        if let uuid = object["uuid"]?.string { return .object(uuid) }
        guard let order = object["orderId"]?.string else { return .object(watch.subject) }
        return .order(order, object["kind"]?.string == Kind.payout.rawValue ? .payout : .payment)
    }

    /// What a watch follows.
    struct Wanted: Sendable {
        var kind: Kind
        var uuid: String?
        var orderID: String?
    }

    enum Reading {
        case event(Event)
        case mismatch
        case problem(AskProblem)
    }

    /// Signed like a webhook: over the body, with the API key of the kind (providers.md section 4.6).
    private func ask(_ wanted: Wanted, through transport: any Transport) async -> ProviderAnswer {
        let key = (wanted.kind == .payout ? payoutKey : paymentKey) ?? Secret([])
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        // One of them only: of two, the provider would go by the order number, which is not the provider's own.
        if let uuid = wanted.uuid { json.member("uuid", uuid) } else { json.member("order_id", wanted.orderID) }
        json.endObject()
        let sign = String(decoding: CryptomusSignature.digest(of: json.bytes, key: key), as: UTF8.self)
        return await ProviderInterface(base: apiBase).ask(
            "POST",
            // A top-up of a static wallet is a payment there.
            "/v1/\(wanted.kind == .payout ? "payout" : "payment")/info",
            headers: [("content-type", "application/json"), ("merchant", merchant ?? ""), ("sign", sign)],
            body: json.bytes,
            through: transport
        )
    }

    func read(_ answer: [UInt8], for wanted: Wanted, receivedAt: Timestamp) -> Reading {
        guard let root = try? JSONReader.readObject(answer).object else { return .problem(.nonsense) }
        if let state = root["state"], state.textOrDigits != "0" { return .problem(.unsuccessful) }
        guard let result = root["result"]?.object else { return .problem(.nonsense) }
        let members = JSONMembers(object: result)
        do {
            let uuid = try members.text("uuid")
            if let known = wanted.uuid, known != uuid.lowercased() { return .mismatch }
            let orderID = try members.optionalText("order_id")
            if let known = wanted.orderID, let orderID, known != orderID { return .mismatch }
            // Payments state it under either name, payouts under the first.
            let status = try members.optionalText("status") ?? members.text("payment_status")
            var event = try event(wanted.kind, members, status: status, method: "fetched", receivedAt: receivedAt)
            event.merchantOrderID = orderID ?? wanted.orderID
            event.addressTo = try members.optionalText("address")
            return .event(event)
        } catch {
            return .problem(.nonsense)
        }
    }

    func cannotBeAsked(_ kind: Kind) -> String? {
        let keyName = kind == .payout ? "payoutKey" : "paymentKey"
        let key = kind == .payout ? payoutKey : paymentKey
        let missing = [merchant == nil ? "merchant" : nil, key?.isEmpty ?? true ? keyName : nil].compactMap { $0 }
        guard !missing.isEmpty else { return nil }
        let names = missing.joined(separator: " and ")
        return "\(source) has no \(names), so \(kind.rawValue)s cannot be asked about. Configure it and resume"
    }

    private static func isOrderNumber(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
            }
    }
}
