// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Asking back, which is obligatory: a notification is sent once and may be lost for good (providers.md section 6.6).
extension Kryptoswap: WatchedProvider {
    static let schedule = PollSchedule(phases: [
        .init(every: .minutes(1), until: .minutes(30)),
        .init(every: .minutes(5), until: .hours(3)),
        .init(every: .minutes(30), until: .days(3)),
        .init(every: .hours(6), until: .days(30)),
    ])

    /// Reads `orderId`, `orderUID`, `orderSecret`, `ipnSecret`, `merchantOrderId`, `expectedAmount`, `expectedCurrency`.
    ///
    /// Without `apiBase` the order is known, so that its notifications verify, and its watch is held.
    package func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        var members = try Registration(registration)
        let id = members.text("orderId", rule: "the provider's _id of 24 hexadecimal digits") {
            $0.utf8.count == 24 && $0.isHexadecimal
        }
        let uid = members.text("orderUID", rule: "the provider's uid of 1 to 20 digits") {
            $0.isDigits && $0.utf8.count <= 20
        }
        let orderSecret = members.secret("orderSecret", limit: 50)
        // The source's own secret stands in for an order's that is not given.
        let ipnSecret = members.secret("ipnSecret", isRequired: self.ipnSecret == nil, limit: 200)
        let merchantOrderID = members.plainText("merchantOrderId", isRequired: false, limit: 200)
        let expectedDue = members.expectedDue()
        try members.finish()
        let order = KnownOrder(
            objectID: id ?? "",
            uid: uid,
            orderSecret: orderSecret,
            ipnSecret: ipnSecret,
            merchantOrderID: merchantOrderID,
            expectedDue: expectedDue
        )
        return plan(of: order, now: now)
    }

    func plan(of order: KnownOrder, now: Timestamp) -> WatchPlan {
        var details = JSONWriter(capacity: 128)
        details.beginObject()
        details.member("orderId", order.objectID)
        details.member("orderUID", order.uid)
        details.member("merchantOrderId", order.merchantOrderID)
        details.endObject()
        let isAsked = apiBase != nil
        let watch = Watch(
            source: source,
            subject: order.objectID,
            details: details.bytes,
            state: isAsked ? .open : .held,
            nextPollAt: isAsked ? polling.schedule.first(since: now) : nil,
            deadline: polling.schedule.deadline(since: now),
            note: isAsked ? nil : cannotBeAsked,
            createdAt: now
        )
        return WatchPlan(watch: watch, order: order)
    }

    package func poll(
        _ watch: Watch,
        order: KnownOrder?,
        at now: Timestamp,
        with tools: PollTools
    ) async -> PollAnswer {
        let round = PollRound(watch, at: now, on: polling.schedule, through: gate)
        guard let apiBase else { return round.held(cannotBeAsked, outcome: "not_configured") }
        guard let order, let uid = order.uid, let secret = order.orderSecret, !secret.isEmpty else {
            let reason = "orderUID and orderSecret of the order are not stored; register the order again"
            return round.held(reason, outcome: "not_configured")
        }
        if let turnedAway = round.turnedAway() { return turnedAway }
        let answer = await ProviderInterface(base: apiBase).ask(
            "GET",
            "/public/exchanger/order/get?" + Self.query(uid: uid, secret: secret),
            through: tools.transport
        )
        if let problem = answer.problem { return round.failed(problem, retryAfter: answer.retryAfter) }
        let outcome = Self.readPoll(
            source: source,
            order: order,
            lastKnownStatus: round.memory.last,
            status: answer.status ?? 0,
            answer: answer.body,
            receivedAt: now
        )
        switch outcome {
        case .emit(let event):
            let raw = Self.withoutSecrets(answer.body)
            // Its id names the last status that was known, and the status is news only if that is still the last one.
            return round.learned(event, mark: event.providerStatus ?? "", raw: raw, isRelative: true)
        case .unchanged:
            let isOver = round.memory.last.map { Self.meaning(of: $0).finality == .final } ?? false
            var unchanged = round.unchanged()
            if isOver { unchanged.next = .close }
            return unchanged
        case .orderMismatch:
            let reason = "the provider's answer is about another order; compare orderId and orderUID, then resume"
            return round.held(reason, outcome: "order_mismatch")
        case .retry: return round.failed(Self.isUnsuccessful(answer.body) ? .unsuccessful : .nonsense)
        }
    }

    /// Rule: a polled change is one that differs from the last status known (providers.md section 6.6).
    package func memory(of watch: Watch, afterStatus status: String, of object: String?) -> [UInt8] {
        var memory = PollMemory(watch.memory)
        memory.last = status
        return memory.bytes
    }

    package var failureOutcomes: Set<String> { Set(AskProblem.allCases.map(\.rawValue)) }

    private var cannotBeAsked: String {
        "\(source) has no apiBase, so the order cannot be asked about; its notifications are verified all the same. "
            + "Configure apiBase and resume"
    }

    private static func query(uid: String, secret: Secret) -> String {
        let text = secret.withExposedBytes { String(decoding: $0, as: UTF8.self) }
        let members = [("orderUID", uid), ("orderSecret", text), ("type", "order")]
        return members.map { "\($0)=\(ProviderInterface.encode($1))" }.joined(separator: "&")
    }

    private static func isUnsuccessful(_ answer: [UInt8]) -> Bool {
        (try? JSONReader.readObject(answer).object)?["success"] == .bool(false)
    }

    /// The answer as it came, unless it repeats a secret: what is kept as raw may be read by subscribers.
    static func withoutSecrets(_ answer: [UInt8]) -> [UInt8] {
        guard let object = try? JSONReader.readObject(answer).object else { return answer }
        let masked = mask(.object(object))
        guard masked != .object(object), case .object(let clean) = masked else { return answer }
        return PHPJSON.write(clean, capacity: answer.count)
    }

    private static func mask(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        let isSecret = ["secret", "orderSecret", "ipnSecret"].contains(member.name)
                        return (member.name, isSecret ? .string("***") : mask(member.value))
                    }
                )
            )
        case .array(let elements): return .array(elements.map { mask($0) })
        default: return value
        }
    }
}
