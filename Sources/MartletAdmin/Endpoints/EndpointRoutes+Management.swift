// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// Endpoints that are made and changed through the API.
extension EndpointRoutes {
    /// Overlaps may last this long.
    private static let longestOverlap = Duration.seconds(30 * 86_400)

    @Sendable static func create(_ call: AdminCall) async throws -> HTTPResponse {
        let settings = try call.object("with the endpoint's settings; docs/configuration.md lists them")
        let change = try await managed(call) { try await $0.create(settings) }
        var response = await answer(201, change, call)
        response.headers.append("Location", "/v1/endpoints/\(change.id)")
        return response
    }

    @Sendable static func update(_ call: AdminCall) async throws -> HTTPResponse {
        let settings = try call.object("with the settings that change; null takes a setting back to its default")
        let version = try version(call)
        let change = try await managed(call) {
            try await $0.update(EndpointID(call.id), settings, version: version)
        }
        return await answer(200, change, call)
    }

    @Sendable static func remove(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let cancels = try call.parameters.choice("pending", of: ["refuse", "cancel"]) == "cancel"
        let version = try version(call)
        let removal = try await managed(call) {
            try await $0.remove(EndpointID(call.id), cancelsPending: cancels, version: version)
        }
        return .json { json in
            json.beginObject()
            json.member("id", call.id)
            json.member("outcome", "removed")
            json.member("cancelled", integer: Int64(removal.cancelled))
            json.member("inFlight", integer: Int64(removal.inHand))
            if !removal.isComplete {
                json.member(
                    "note",
                    "not all of it is done yet: the store is in trouble, and the gateway goes on trying"
                )
            }
            json.endObject()
        }
    }

    @Sendable static func rotateSecret(_ call: AdminCall) async throws -> HTTPResponse {
        let body = try call.body(allowing: ["overlap", "scheme"])
        let overlap = try overlap(body)
        let scheme = try scheme(body)
        let version = try version(call)
        let change = try await managed(call) {
            try await $0.rotateSecret(of: EndpointID(call.id), scheme: scheme, overlap: overlap, version: version)
        }
        return await answer(200, change, call)
    }

    /// The answer is 200 whatever the endpoint did: the test itself was done.
    @Sendable static func test(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        guard await call.access.endpoint(EndpointID(call.id)) != nil else { throw await unknown(call) }
        switch await call.access.control.test(EndpointID(call.id)) {
        case .unknown: throw await unknown(call)
        case .busy:
            throw Problem(429, "as many tests are under way as may be", remedy: "try again in a few seconds")
                .with(header: "Retry-After", "5")
        case .done(let event, let result):
            return .json { EndpointTestDocument.write(event, result, to: &$0) }
        }
    }

    // MARK: what was sent along

    /// The version that the caller has seen, from `If-Match`; nil without it, and for `*`.
    private static func version(_ call: AdminCall) throws(Problem) -> Int64? {
        let fields = call.request.headers.all("If-Match")
        guard let text = fields.first, text != "*" else { return nil }
        let isQuoted = text.utf8.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        guard fields.count == 1, isQuoted, let version = Int64(text.dropFirst().dropLast()) else {
            throw Problem(
                field: "If-Match",
                rule: "must be one version in quotes",
                remedy: "take the ETag of GET /v1/endpoints/\(call.id.prefix(64)) as it stands, or leave it out"
            )
        }
        return version
    }

    private static func overlap(_ body: JSONObject) throws(Problem) -> Duration {
        guard let value = body["overlap"], value != .null else { return .seconds(86_400) }
        let duration = value.string.flatMap { SettingsReader.duration(from: $0) }
        guard let duration, duration <= longestOverlap else {
            throw Problem(
                field: "overlap",
                rule: "must be a duration of at most 30d",
                remedy: "write it like \"24h\"; \"0s\" ends the old secret at once"
            )
        }
        return duration
    }

    private static func scheme(_ body: JSONObject) throws(Problem) -> SignatureScheme? {
        guard let value = body["scheme"], value != .null else { return nil }
        guard let scheme = value.string.flatMap(SignatureScheme.init(rawValue:)) else {
            let words = SignatureScheme.allCases.map(\.rawValue).joined(separator: " or ")
            throw Problem(field: "scheme", rule: "must be \(words)", remedy: "leave it out for all of the endpoint's")
        }
        return scheme
    }

    // MARK: answers

    /// Nothing may fail here: the change is made, and its secrets are shown this once.
    private static func answer(_ status: Int, _ change: EndpointChange, _ call: AdminCall) async -> HTTPResponse {
        let standing = await call.access.endpoint(change.id)
        let backlogs = try? await call.access.backlogs(of: [change.id])
        var warnings = change.warnings.map { "\"\(field($0))\" \($0.message)" }
        if !change.isInForce {
            warnings.append(
                "it is stored but not in force yet: the store is in trouble, and the gateway goes on trying"
            )
        }
        var response = HTTPResponse.json(status) { json in
            json.beginObject()
            json.member("id", change.id.rawValue)
            if !change.newSecrets.isEmpty {
                json.name("secrets")
                json.beginArray()
                for secret in change.newSecrets { write(secret, to: &json) }
                json.endArray()
                json.member("oldSecretsUntil", change.oldSecretsUntil)
            }
            json.member("warnings", strings: warnings)
            if let standing, let backlogs {
                let backlog = backlogs[change.id] ?? EndpointBacklog()
                json.name("endpoint")
                EndpointDocument.write(standing, backlog, version: change.version, to: &json)
            }
            json.endObject()
        }
        response.headers.append("ETag", "\"\(change.version)\"")
        return response
    }

    /// The one place where a secret leaves the gateway.
    private static func write(_ secret: NewSecret, to json: inout JSONWriter) {
        let text = secret.forSubscriber.withExposedBytes { String(decoding: $0, as: UTF8.self) }
        json.beginObject()
        json.member("scheme", secret.scheme.rawValue)
        switch secret.scheme {
        case .v1: json.member("secret", text)
        case .v1a: json.member("publicKey", text)
        }
        json.endObject()
    }

    // MARK: refusals

    private static func managed<Result: Sendable>(
        _ call: AdminCall,
        _ work: (any EndpointManagement) async throws -> Result
    ) async throws -> Result {
        do {
            return try await work(call.access.management)
        } catch let refusal as EndpointRefusal {
            throw await problem(refusal, call)
        }
    }

    private static func problem(_ refusal: EndpointRefusal, _ call: AdminCall) async -> Problem {
        let name = call.id.isEmpty ? "the endpoint" : "endpoint \"\(call.id.prefix(64))\""
        switch refusal {
        case .unknown: return await unknown(call)
        case .ofConfiguration:
            return Problem(
                409,
                "\(name) belongs to the configuration file",
                remedy: "change it there and reload with SIGHUP; for a new secret put it first in \"secrets\" and give "
                    + "the old one an \"until\""
            )
        case .exists(let inConfiguration):
            let place = inConfiguration ? "the configuration file has" : "there is"
            return Problem(409, "\(place) an endpoint of that id", remedy: "choose another id, or change that endpoint")
                .with(code: "endpoint_exists")
        case .invalid(let problems):
            var problem = Problem(400, problems.map { "\"\(field($0))\" \($0.message)" }.joined(separator: "; "))
            problem.field = problems.first.map(field)
            problem.rule = problems.first?.message
            return problem
        case .otherVersion(let version):
            return Problem(
                412,
                "\(name) has been changed meanwhile; its version is \(version)",
                remedy: "read it again and send its ETag as If-Match"
            )
        case .pending(let count):
            let number = "\(count.isAtLeast ? "at least " : "")\(count.count)"
            return Problem(
                409,
                count.count == 1 ? "a delivery waits for \(name)" : "\(number) deliveries wait for \(name)",
                remedy: "let them be delivered first, or send ?pending=cancel to cancel them"
            )
            .with(code: "deliveries_pending")
        case .removing:
            return Problem(
                409,
                "\(name) is being removed; what is under way for it must end first",
                remedy: "try again in a moment"
            )
            .with(header: "Retry-After", "1")
        case .tooMany(let most):
            return Problem(409, "there are \(most) endpoints, the most that there may be", remedy: "remove one first")
        }
    }

    /// `url` for `$.url`; the whole for `$`.
    private static func field(_ problem: SettingsProblem) -> String {
        problem.path.hasPrefix("$.") ? String(problem.path.dropFirst(2)) : "body"
    }
}
