// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/endpoints`: how subscribers are doing, and the switch for each.
enum EndpointRoutes {
    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let limit = try call.parameters.limit()
        let after = try call.parameters.cursor(of: "endpoints") { EndpointID($0) }
        let rest = await call.access.endpoints().filter { standing in after.map { standing.endpoint.id > $0 } ?? true }
        let page = ListPage(Array(rest.prefix(limit + 1)), limit: limit) { standing in
            ListCursor(list: "endpoints", last: standing.endpoint.id.rawValue)
        }
        let backlogs = try await call.access.backlogs(of: page.elements.map(\.endpoint.id))
        let versions = await call.access.management.versions()
        return .page(page) { standing, json in
            let id = standing.endpoint.id
            EndpointDocument.write(standing, backlogs[id] ?? EndpointBacklog(), version: versions[id], to: &json)
        }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        let (standing, backlog, version) = try await current(call)
        var response = HTTPResponse.json { EndpointDocument.write(standing, backlog, version: version, to: &$0) }
        if let version { response.headers.append("ETag", "\"\(version)\"") }
        return response
    }

    @Sendable static func disable(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = EndpointID(call.id)
        guard let hasChanged = await call.access.disable(id) else { throw await unknown(call) }
        guard hasChanged else {
            let standing = await call.access.endpoint(id)
            let since = standing?.health.disabled.map { " by \"\($0.reason.rawValue)\" since \($0.at.rfc3339)" } ?? ""
            throw Problem(409, "endpoint \"\(id)\" is disabled already\(since)", remedy: "nothing is left to do")
        }
        return await done(call) { _ in }
    }

    /// An endpoint that is not disabled may still have skipped deliveries to offer, from a time when it was.
    @Sendable static func enable(_ call: AdminCall) async throws -> HTTPResponse {
        let offers = try AdminCall.bool("offerSkipped", of: try call.body(allowing: ["offerSkipped"]))
        let id = EndpointID(call.id)
        guard let before = await call.access.endpoint(id) else { throw await unknown(call) }
        guard before.endpoint.isEnabled else {
            if await call.access.management.versions()[id] != nil {
                throw Problem(
                    409,
                    "endpoint \"\(id)\" is disabled by its setting \"enabled\"",
                    remedy: "send {\"enabled\": true} with PATCH /v1/endpoints/\(id)"
                )
            }
            throw Problem(
                409,
                "endpoint \"\(id)\" is disabled by the configuration file",
                remedy: "set its \"enabled\" to true there and reload the file with SIGHUP"
            )
        }
        guard let wasDisabled = await call.access.enable(id) else { throw await unknown(call) }
        guard wasDisabled || offers else {
            throw Problem(
                409,
                "endpoint \"\(id)\" is not disabled; it is \(before.state.rawValue)",
                remedy: "to offer what was skipped earlier, send {\"offerSkipped\": true}"
            )
        }
        let (offered, isWhole) = offers ? try await offer(id, after: wasDisabled, call) : (0, true)
        return await done(call) { json in
            json.member("wasDisabled", bool: wasDisabled)
            json.member("offered", integer: Int64(offered))
            guard !isWhole else { return }
            json.member(
                "note",
                "the store failed before all that was skipped had been offered; send {\"offerSkipped\": true} again"
            )
        }
    }

    /// Fails only where nothing was done: what was, must be answered.
    private static func offer(
        _ id: EndpointID,
        after wasDisabled: Bool,
        _ call: AdminCall
    ) async throws(StoreError) -> (count: Int, isWhole: Bool) {
        do throws(OfferCutShort) {
            return (try await call.access.offerSkipped(of: id), true)
        } catch {
            guard wasDisabled || error.offered > 0 else { throw error.cause }
            call.service.log.error(
                "skipped deliveries not all offered",
                metadata: ["endpoint": "\(id)", "error": "\(error.cause.label)"]
            )
            return (error.offered, false)
        }
    }

    /// Nothing may fail here: it is done, and what cannot be read now is left out.
    private static func done(_ call: AdminCall, _ more: (inout JSONWriter) -> Void) async -> HTTPResponse {
        let now = try? await current(call)
        return .json { json in
            json.beginObject()
            json.member("id", call.id)
            more(&json)
            if let now {
                json.name("endpoint")
                EndpointDocument.write(now.standing, now.backlog, version: now.version, to: &json)
            }
            json.endObject()
        }
    }

    /// How it stands; `version` is nil for one of the configuration file.
    private static func current(
        _ call: AdminCall
    ) async throws -> (standing: EndpointStanding, backlog: EndpointBacklog, version: Int64?) {
        let id = EndpointID(call.id)
        guard let standing = await call.access.endpoint(id) else { throw await unknown(call) }
        let backlog = try await call.access.backlogs(of: [id])[id] ?? EndpointBacklog()
        return (standing, backlog, await call.access.management.versions()[id])
    }

    static func unknown(_ call: AdminCall) async -> Problem {
        let known = await call.access.endpoints().map(\.endpoint.id.rawValue)
        return .unknown("endpoint", call.id, among: known, remedy: "GET /v1/endpoints lists those that there are")
    }
}
