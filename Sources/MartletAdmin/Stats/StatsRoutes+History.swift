// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire

/// `/v1/stats/history`: the last hour minute by minute, for lines.
extension StatsRoutes {
    @Sendable static func history(_ call: AdminCall) async throws -> HTTPResponse {
        let access = call.access
        let standings = await access.endpoints()
        let steps = call.service.windows.steps().map { access.visible($0, endpoints: standings) }
        return .json { json in
            json.beginObject()
            json.member("at", call.service.now())
            json.name("steps")
            json.beginArray()
            for step in steps { write(step, to: &json) }
            json.endArray()
            json.name("endpoints")
            write(steps.map(attempts), to: &json)
            json.endObject()
        }
    }

    /// Attempts in one step.
    private struct Attempts {
        var delivered: UInt64 = 0
        var failed: UInt64 = 0

        mutating func add(_ count: UInt64, _ outcome: String) {
            if outcome == "delivered" { delivered += count } else { failed += count }
        }
    }

    private static func write(_ step: ActivityWindows.Window, to json: inout JSONWriter) {
        let total = step.attempts.reduce(into: Attempts()) { $0.add($1.value, $1.key[1]) }
        json.beginObject()
        json.member("from", step.start)
        json.member("seconds", number: Double(step.span.wholeMilliseconds) / 1000)
        json.member("events", integer: Int64(step.stored.values.reduce(0, +)))
        json.member("delivered", integer: Int64(total.delivered))
        json.member("failed", integer: Int64(total.failed))
        json.endObject()
    }

    private static func attempts(_ step: ActivityWindows.Window) -> [String: Attempts] {
        step.attempts.reduce(into: [:]) { $0[$1.key[0], default: Attempts()].add($1.value, $1.key[1]) }
    }

    /// Endpoints that were sent nothing in the hour are left out, so the answer grows with the traffic only.
    private static func write(_ steps: [[String: Attempts]], to json: inout JSONWriter) {
        let ids = steps.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
        json.beginObject()
        for id in ids.sorted() {
            json.name(of: id)
            json.beginObject()
            write("delivered", steps.map { $0[id]?.delivered ?? 0 }, to: &json)
            write("failed", steps.map { $0[id]?.failed ?? 0 }, to: &json)
            json.endObject()
        }
        json.endObject()
    }

    private static func write(_ name: StaticString, _ counts: [UInt64], to json: inout JSONWriter) {
        json.name(name)
        json.beginArray()
        for count in counts { json.integer(Int64(count)) }
        json.endArray()
    }
}
