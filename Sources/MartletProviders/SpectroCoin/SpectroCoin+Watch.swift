// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Fetching orders: behind every hint, and for those that nobody called about (providers.md sections 3.3 and 3.7).
extension SpectroCoin: HintedProvider {
    static let schedule = PollSchedule(
        moments: [.minutes(1), .minutes(5), .minutes(15), .minutes(30)],
        phases: [.init(every: .hours(1), until: .hours(26)), .init(every: .days(1), until: .hours(26) + .days(14))]
    )

    /// How often in a row the provider may not know an order that only a hint named: at once, then after 1, 5, 15 and
    /// 30 minutes.
    static let missesOfHints = 5

    /// Reads `id`, the provider's UUID of the order.
    package func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        var members = try Registration(registration)
        let id = members.uuid("id")
        try members.finish()
        let details = Self.details(id: id ?? "", isHinted: false)
        return plan(id: id ?? "", details: details, firstPoll: polling.schedule.first(since: now), now: now)
    }

    /// The watch that a hint makes: due at once, with the order's UUID as its subject.
    ///
    /// An order that is watched already is to be made due instead, and one whose watch was closed to be opened again:
    /// so at most one fetch runs and one waits per order.
    package func plan(hint: Hint, now: Timestamp) -> WatchPlan {
        let details = Self.details(id: hint.objectID, isHinted: true)
        return plan(id: hint.objectID, details: details, firstPoll: now, now: now)
    }

    package func poll(
        _ watch: Watch,
        order: KnownOrder?,
        at now: Timestamp,
        with tools: PollTools
    ) async -> PollAnswer {
        var round = PollRound(watch, at: now, on: polling.schedule, through: gate)
        guard let details = try? JSONReader.readObject(watch.details).object, let id = details["id"]?.string, id.isUUID
        else { return round.held("the registration cannot be read; register it again", outcome: "not_configured") }
        if let cannotBeAsked { return round.held(cannotBeAsked, outcome: "not_configured") }
        if let turnedAway = round.turnedAway() { return turnedAway }
        let answer = await get("/api/public/merchants/orders/\(id)", at: now, through: tools.transport)
        if answer.status != 404, let problem = answer.problem {
            return round.failed(problem, retryAfter: answer.retryAfter, outcome: "fetch_failed")
        }
        let outcome = SpectroCoinOrder.read(
            status: answer.status ?? 0,
            answer: answer.body,
            hint: Hint(source: source, objectID: id, receivedAt: now),
            callbackBody: watch.callback?.body ?? [],
            account: account,
            receivedAt: now
        )
        switch outcome {
        case .event(let event):
            // Test orders have no final status, and these two are their last.
            let isOver = event.type == .paymentTest && event.detail != nil
            return round.learned(event, mark: event.providerStatus ?? "", raw: answer.body, isOver: isOver)
        case .fetchFailed: return round.failed(.nonsense, outcome: "fetch_failed")
        case .orderNotFound:
            round.memory.misses += 1
            let isGivenUp = details["hinted"] == .bool(true) && round.memory.misses >= Self.missesOfHints
            if isGivenUp { round.memory.misses = 0 }
            let next = polling.schedule.next(after: now, since: watch.createdAt)
            return PollAnswer(
                memory: round.memory.bytes,
                outcome: "order_not_found",
                next: isGivenUp ? .close : .poll(at: next)
            )
        }
    }

    // MARK: asking

    /// GET with a token that is renewed once if it is refused (providers.md section 3.3, steps 2 and 3).
    func get(_ path: String, at now: Timestamp, through transport: any Transport) async -> ProviderAnswer {
        let interface = ProviderInterface(base: account.apiBase)
        let form = tokenForm
        let ask: @Sendable () async -> ProviderAnswer = {
            await interface.ask(
                "POST",
                "/api/public/oauth/token",
                headers: [("content-type", "application/x-www-form-urlencoded")],
                body: form.withExposedBytes { $0 },
                through: transport
            )
        }
        @Sendable func get(_ token: Secret) async -> ProviderAnswer {
            let bearer = token.withExposedBytes { "Bearer " + String(decoding: $0, as: UTF8.self) }
            return await interface.ask("GET", path, headers: [("authorization", bearer)], through: transport)
        }
        let token: Secret
        switch await access.token(refused: nil, at: now, ask: ask) {
        case .none(let problem, let pause): return ProviderAnswer(problem, retryAfter: pause)
        case .token(let granted): token = granted
        }
        let answer = await get(token)
        guard answer.status == 401 else { return answer }
        switch await access.token(refused: token, at: now, ask: ask) {
        case .none(let problem, let pause): return ProviderAnswer(problem, retryAfter: pause)
        // A token that stays the same would be refused again.
        case .token(let renewed): return renewed == token ? answer : await get(renewed)
        }
    }

    private var tokenForm: Secret {
        let secret = account.clientSecret?.withExposedBytes { String(decoding: $0, as: UTF8.self) } ?? ""
        return Secret(
            FormText.encode([
                ("grant_type", "client_credentials"), ("client_id", account.clientID ?? ""), ("client_secret", secret),
            ])
        )
    }

    private var cannotBeAsked: String? {
        if account.clientID != nil, let secret = account.clientSecret, !secret.isEmpty { return nil }
        return "\(source) has no clientId and clientSecret, so its orders cannot be fetched. Configure both and resume"
    }

    // MARK: planning

    private func plan(id: String, details: [UInt8], firstPoll: Timestamp, now: Timestamp) -> WatchPlan {
        let obstacle = cannotBeAsked
        return WatchPlan(
            watch: Watch(
                source: source,
                subject: id,
                details: details,
                state: obstacle == nil ? .open : .held,
                nextPollAt: obstacle == nil ? firstPoll : nil,
                deadline: polling.schedule.deadline(since: now),
                note: obstacle,
                createdAt: now
            )
        )
    }

    private static func details(id: String, isHinted: Bool) -> [UInt8] {
        var json = JSONWriter(capacity: 128)
        json.beginObject()
        json.member("id", id)
        if isHinted {
            json.name("hinted")
            json.bool(true)
        }
        json.endObject()
        return json.bytes
    }
}
