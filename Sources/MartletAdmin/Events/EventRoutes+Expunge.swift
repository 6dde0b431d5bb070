// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `DELETE /v1/events/{id}/personal-data`: what an event says of people goes, its skeleton stays.
extension EventRoutes {
    @Sendable static func expunge(_ call: AdminCall) async throws -> HTTPResponse {
        let id = EventID(rawValue: call.id)
        guard try await call.access.event(id) != nil else { throw unknown(call) }
        let body = try call.body(allowing: ["reason", "cancelPending"])
        let reason = body["reason"]?.string ?? ""
        guard reason.contains(where: { !$0.isWhitespace }), reason.utf8.count <= 500 else {
            throw Problem(
                field: "reason",
                rule: "must say in up to 500 bytes why the data is removed",
                remedy: "write it down, without naming the person: it is kept with the event"
            )
        }
        let cancelsPending = try AdminCall.bool("cancelPending", of: body)
        let note = Expungement(by: call.caller.name, reason: reason, at: call.service.now())
        switch try await call.access.expunge(id, note, cancellingPending: cancelsPending) {
        case .expunged(let cancelled, _, let isLogClear):
            return answer(id, "expunged", note, cancelled: cancelled, isLogClear: isLogClear)
        case .already(let earlier): return answer(id, "already", earlier, cancelled: 0, isLogClear: true)
        case .pending(let count):
            throw Problem(
                409,
                "\(count) of the event's deliveries wait to be made, and would have nothing left to deliver",
                remedy: "wait until they have ended, or send \"cancelPending\": true to have them cancelled by it"
            )
        case .inFlight(let count):
            throw Problem(
                409,
                "\(count) of the event's deliveries are in hand or being sent right now",
                remedy: "try again when these attempts have ended, or disable their endpoints first"
            )
        case .unknown: throw unknown(call)
        }
    }

    private static func unknown(_ call: AdminCall) -> Problem {
        .unknown("event", call.id, among: [], remedy: "GET /v1/events lists those that there are")
    }

    static func write(_ note: Expungement, to json: inout JSONWriter) {
        json.beginObject()
        json.member("by", note.by)
        json.member("reason", note.reason)
        json.member("at", note.at)
        json.endObject()
    }

    private static func answer(
        _ id: EventID,
        _ outcome: String,
        _ note: Expungement,
        cancelled: Int,
        isLogClear: Bool
    ) -> HTTPResponse {
        .json { json in
            json.beginObject()
            json.member("id", id.rawValue)
            json.member("outcome", outcome)
            json.name("expunged")
            write(note, to: &json)
            json.member("cancelled", integer: Int64(cancelled))
            json.member("logCleared", bool: isLogClear)
            json.endObject()
        }
    }
}
