// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/replays`: deliveries made again, many or those of one event (docs/replays.md).
enum ReplayRoutes {
    static let filters = ["state"]
    private static let sampleSize = 10

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let query = ReplayQuery(
            state: try parameters.choice("state", of: ReplayState.allCases.map(\.rawValue))
                .flatMap(ReplayState.init(rawValue:)),
            before: try parameters.cursor(of: "replays") { ReplayID(text: $0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.replays(query), limit: limit) { replay in
            ListCursor(list: "replays", last: replay.id.description)
        }
        return .page(page) { ReplayDocument.write($0, to: &$1) }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        guard let replay = try await call.access.replay(try id(call.id)) else { throw unknown(call) }
        return .json { ReplayDocument.write(replay, to: &$0) }
    }

    @Sendable static func create(_ call: AdminCall) async throws -> HTTPResponse {
        let wish = try ReplayWish(many: call)
        return try await answer(wish, nil, call)
    }

    /// Deliver again, to all that it went to or to named endpoints.
    @Sendable static func replayEvent(_ call: AdminCall) async throws -> HTTPResponse {
        let id = EventID(rawValue: call.id)
        let wish = try ReplayWish(event: id, call)
        guard let detail = try await call.access.event(id) else {
            throw Problem.unknown("event", call.id, among: [], remedy: "GET /v1/events lists those that there are")
        }
        if detail.event.expungement != nil {
            throw Problem(
                409,
                "the personal data of \(id) has been removed, and with it what was delivered",
                remedy: "tell the subscriber the event's id: what it has kept of it is all there is"
            )
        }
        return try await answer(wish, detail, call)
    }

    @Sendable static func pause(_ call: AdminCall) async throws -> HTTPResponse { try await steer(call, to: .paused) }
    @Sendable static func resume(_ call: AdminCall) async throws -> HTTPResponse { try await steer(call, to: .running) }
    @Sendable static func cancel(_ call: AdminCall) async throws -> HTTPResponse {
        try await steer(call, to: .cancelled)
    }

    private static func steer(_ call: AdminCall, to state: ReplayState) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call.id)
        guard let (action, former) = try await call.access.steer(id, to: state) else { throw unknown(call) }
        switch action {
        case .done:
            // It is done: what cannot be read now is answered as it stood before.
            var changed = former
            changed.state = state
            changed.changedAt = call.service.now()
            let stored = (try? await call.access.replay(id)) ?? changed
            return .json { ReplayDocument.write(stored, to: &$0) }
        case .refused(let current):
            let remedy =
                current == state
                ? "there is nothing to do"
                : "only a replay that is running or paused can be steered; POST /v1/replays begins another"
            throw Problem(409, "\(id) is \(current.rawValue)", remedy: remedy)
        case .unknown: throw unknown(call)
        }
    }

    // MARK: beginning

    /// `event`: the only one that is wanted, if one is.
    private static func answer(
        _ wish: ReplayWish,
        _ event: EventDetail?,
        _ call: AdminCall
    ) async throws -> HTTPResponse {
        if wish.isDryRun {
            let (survey, standings) = try await survey(wish, event, call)
            let states = Dictionary(standings.map { ($0.endpoint.id, $0.state) }) { first, _ in first }
            return .json { ReplayDocument.write(survey, wish, states: states, to: &$0) }
        }
        return try await begin(wish, event, call)
    }

    private static func survey(
        _ wish: ReplayWish,
        _ event: EventDetail?,
        _ call: AdminCall
    ) async throws -> (ReplaySurvey, [EndpointStanding]) {
        let standings = await call.service.standings()
        let targets = ReplayTargets(wish, event, standings)
        try await targets.check(call)
        let survey = try await call.access.survey(wish.selection, sample: sampleSize)
        if survey.isTooLarge { throw tooLarge }
        try await targets.check(survey, call)
        return (survey, standings)
    }

    private static func begin(
        _ wish: ReplayWish,
        _ event: EventDetail?,
        _ call: AdminCall
    ) async throws -> HTTPResponse {
        let (survey, standings) = try await survey(wish, event, call)
        if survey.total == 0 { throw nothing(wish, event, survey, seen(standings, by: call)) }
        for endpoint in survey.counts.keys.sorted() {
            let state = standings.first { $0.endpoint.id == endpoint }?.state
            try ReplayTargets.checkTakes(endpoint, state, isNamed: wish.selection.targets != nil)
        }
        let replay = NewReplay(
            selection: wish.selection,
            ratePerSecond: wish.ratePerSecond,
            reason: wish.reason ?? "one event by hand",
            createdBy: call.caller.name,
            createdAt: call.service.now()
        )
        switch try await call.access.begin(replay) {
        case .begun(let id):
            // It runs: what cannot be read now is answered as it began.
            let stored =
                (try? await call.access.replay(id))
                ?? StoredReplay(
                    id: id,
                    state: .running,
                    replay: replay,
                    changedAt: replay.createdAt,
                    finishedAt: nil,
                    parts: survey.counts.sorted { $0.key < $1.key }.map { endpoint, count in
                        StoredReplay.Part(endpoint: endpoint, counts: ReplayCounts(total: count))
                    }
                )
            return .json(201) { ReplayDocument.write(stored, to: &$0) }
        case .nothing: throw nothing(wish, event, survey, seen(standings, by: call))
        case .tooLarge: throw tooLarge
        case .tooManyUnderWay(let count):
            throw Problem(
                409,
                "\(count) replays are running or paused, which is as many as there may be",
                remedy: "wait for one to end, or cancel one; GET /v1/replays shows them"
            )
        }
    }

    /// Names of endpoints are not for a key that sees some shops only.
    private static func seen(_ standings: [EndpointStanding], by call: AdminCall) -> [EndpointStanding] {
        call.caller.shops == nil ? standings : []
    }

    private static func nothing(
        _ wish: ReplayWish,
        _ event: EventDetail?,
        _ survey: ReplaySurvey,
        _ standings: [EndpointStanding]
    ) -> Problem {
        let otherShop = survey.sum(\.otherShop)
        if survey.total == 0, otherShop > 0 {
            return Problem(
                409,
                "\(otherShop) deliveries fit, but their endpoints no longer get the events of those shops",
                remedy: "add the shop to the endpoint's \"shops\", or name in \"to\" another endpoint"
            )
        }
        if let event {
            return Problem(
                409,
                event.deliveries.isEmpty
                    ? "\(event.event.id) went to no endpoint, so there is nothing to make again"
                    : "\(event.event.id) is on its way to its endpoints already",
                remedy: event.deliveries.isEmpty
                    ? "name endpoints in \"to\"" : "GET /v1/events/\(event.event.id) shows how it stands"
            )
        }
        var problem = Problem(
            409,
            "no delivery fits the filter, so there is nothing to make again",
            remedy: "\"dryRun\": true shows what a filter finds; what is on its way already is left out, and so is "
                + "what has arrived, unless \"state\" has \"delivered\""
        )
        if let endpoint = wish.selection.endpoint, !standings.contains(where: { $0.endpoint.id == endpoint }) {
            problem.near = standings.map(\.endpoint.id.rawValue).near(to: endpoint.rawValue)
        }
        return problem
    }

    private static let tooLarge = Problem(
        400,
        field: "since",
        rule:
            "and the rest of the filter fit more than \(ReplaySurvey.limit) deliveries, the most that one replay makes",
        remedy: "replay one stretch of time after the other, with \"since\" and \"until\""
    )

    static func id(_ text: String, field: String = "id") throws(Problem) -> ReplayID {
        guard let id = ReplayID(text: text) else {
            throw Problem(
                field: field,
                rule: "must be a replay's id",
                remedy: "write it like rpl_42, as GET /v1/replays shows it"
            )
        }
        return id
    }

    private static func unknown(_ call: AdminCall) -> Problem {
        .unknown("replay", call.id, among: [], remedy: "GET /v1/replays lists those that there are")
    }
}
