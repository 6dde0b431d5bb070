// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// A source as the admin API shows it: what it is, and how it is doing.
enum SourceDocument {
    static func write(_ report: SourceReport, to json: inout JSONWriter) {
        let (standing, health) = (report.standing, report.health)
        json.beginObject()
        json.member("id", standing.id.description)
        json.member("provider", standing.id.provider)
        json.member("managedBy", "config")
        json.member("shops", strings: standing.shops.sorted())
        json.member("receives", bool: standing.receives)
        json.member("asked", bool: standing.isAsked)
        // A callback that was a duplicate has left no trace in the store, one of an earlier run none in memory.
        let heard = [standing.lastCallback, health.refusals.newest, report.lastEvent].compactMap { $0 }.max()
        json.member("lastHeardAt", heard)
        json.member("lastEventAt", report.lastEvent)
        json.name("refusals")
        json.beginObject()
        write("lastHour", health.refusals.inLastHour, to: &json)
        write("lastDay", health.refusals.inLastDay, to: &json)
        json.member("atLeast", bool: health.refusals.isAtLeast)
        json.endObject()
        json.name("quarantine")
        json.beginObject()
        json.member("count", integer: Int64(health.quarantined))
        json.member("oldest", health.oldestQuarantined)
        json.endObject()
        json.name("watches")
        json.beginObject()
        json.member("open", integer: Int64(report.watches[.open] ?? 0))
        json.member("held", integer: Int64(report.watches[.held] ?? 0))
        json.member("overdue", integer: Int64(report.watches[.overdue] ?? 0))
        json.endObject()
        json.name("hold")
        if let hold = health.hold {
            json.beginObject()
            json.member("reason", hold.reason)
            json.member("since", hold.since)
            json.endObject()
        } else {
            json.null()
        }
        json.name("pollFaults")
        json.beginObject()
        json.member("count", integer: Int64(health.pollFaults.count))
        json.member("atLeast", bool: health.pollFaults.isAtLeast)
        json.member("newest", health.newestPollFault)
        json.endObject()
        json.member("warnings", strings: standing.warnings)
        json.endObject()
    }

    private static func write(_ name: StaticString, _ counts: [RefusalReason: Int], to json: inout JSONWriter) {
        json.name(name)
        json.beginObject()
        for (reason, count) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            json.name(of: reason.rawValue)
            json.integer(Int64(count))
        }
        json.endObject()
    }
}
