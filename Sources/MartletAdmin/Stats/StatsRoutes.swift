// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/stats`: how much is going on, and what waits.
enum StatsRoutes {
    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        let access = call.access
        let standings = await access.endpoints()
        let backlogs = try await access.backlogs(of: standings.map(\.endpoint.id))
        // Of the whole gateway, so for those only who see all of it.
        let whole = access.shops == nil ? try await access.store.statistics(now: call.service.dueNow()) : nil
        let oldestDue = access.shops == nil ? whole?.oldestDue : backlogs.values.compactMap(\.oldestDue).min()
        let windows = call.service.windows.windows().map { access.visible($0, endpoints: standings) }
        let streams = call.service.streams.count
        return .json { json in
            json.beginObject()
            json.member("at", call.service.now())
            json.name("windows")
            json.beginObject()
            for window in windows { write(window, to: &json) }
            json.endObject()
            json.member("oldestDue", oldestDue)
            json.name("deliveries")
            write(whole?.deliveries, to: &json)
            json.name("endpoints")
            json.beginArray()
            for standing in standings {
                let backlog = backlogs[standing.endpoint.id] ?? EndpointBacklog()
                json.beginObject()
                json.member("id", standing.endpoint.id.rawValue)
                json.member("state", standing.state.rawValue)
                json.name("backlog")
                EndpointDocument.write(backlog, to: &json)
                json.member("inMemory", integer: Int64(standing.waitingInMemory))
                json.member("inFlight", integer: Int64(standing.inFlight))
                json.endObject()
            }
            json.endArray()
            json.member("streams", integer: Int64(streams))
            json.endObject()
        }
    }

    private static func write(_ states: [DeliveryState: Int]?, to json: inout JSONWriter) {
        guard let states else { return json.null() }
        json.beginObject()
        for state in DeliveryState.allCases {
            json.name(of: state.rawValue)
            json.integer(Int64(states[state] ?? 0))
        }
        json.endObject()
    }

    private static func write(_ window: ActivityWindows.Window, to json: inout JSONWriter) {
        let seconds = Double(window.span.wholeMilliseconds) / 1000
        json.name(window.name)
        json.beginObject()
        json.member("seconds", number: seconds)

        json.name("events")
        json.beginObject()
        writeTotal(window.stored, seconds, to: &json)
        write("bySource", window.stored, to: &json) { "\($0[1])/\($0[2])" }
        write("byType", window.stored, to: &json) { $0[3] }
        write("byShop", window.stored, to: &json) { $0[0] }
        json.endObject()

        json.name("callbacks")
        json.beginObject()
        writeTotal(window.callbacks, seconds, to: &json)
        writeOutcomes("bySource", window.callbacks, to: &json) { ("\($0[0])/\($0[1])", $0[2]) }
        json.endObject()

        json.name("attempts")
        json.beginObject()
        writeTotal(window.attempts, seconds, to: &json)
        writeOutcomes("byEndpoint", window.attempts, to: &json) { ($0[0], $0[1]) }
        json.endObject()
        json.endObject()
    }

    private static func writeTotal(_ counts: [[String]: UInt64], _ seconds: Double, to json: inout JSONWriter) {
        let total = counts.values.reduce(0, +)
        json.member("count", integer: Int64(total))
        let rate = seconds > 0 ? Double(total) / seconds : 0
        json.member("perSecond", number: (rate * 1000).rounded() / 1000)
    }

    private static func write(
        _ name: StaticString,
        _ counts: [[String]: UInt64],
        to json: inout JSONWriter,
        by key: ([String]) -> String
    ) {
        let sums = counts.reduce(into: [String: UInt64]()) { $0[key($1.key), default: 0] += $1.value }
        json.name(name)
        json.beginObject()
        for (name, count) in sums.sorted(by: { $0.key < $1.key }) {
            json.name(of: name)
            json.integer(Int64(count))
        }
        json.endObject()
    }

    private static func writeOutcomes(
        _ name: StaticString,
        _ counts: [[String]: UInt64],
        to json: inout JSONWriter,
        by key: ([String]) -> (String, String)
    ) {
        let sums = counts.reduce(into: [String: [String: UInt64]]()) { sums, entry in
            let (name, outcome) = key(entry.key)
            sums[name, default: [:]][outcome, default: 0] += entry.value
        }
        json.name(name)
        json.beginObject()
        for (name, outcomes) in sums.sorted(by: { $0.key < $1.key }) {
            json.name(of: name)
            json.beginObject()
            for (outcome, count) in outcomes.sorted(by: { $0.key < $1.key }) {
                json.name(of: outcome)
                json.integer(Int64(count))
            }
            json.endObject()
        }
        json.endObject()
    }
}

/// What a key's shops leave of the counts.
extension ScopedAccess {
    func visible(_ window: ActivityWindows.Window, endpoints: [EndpointStanding]) -> ActivityWindows.Window {
        guard let shops else { return window }
        let sources = visibleSources ?? []
        let ids = Set(endpoints.map(\.endpoint.id.rawValue))
        var window = window
        window.stored = window.stored.filter { shops.contains($0.key[0]) }
        window.callbacks = window.callbacks.filter { sources.contains(SourceID(provider: $0.key[0], id: $0.key[1])) }
        window.attempts = window.attempts.filter { ids.contains($0.key[0]) }
        return window
    }
}
