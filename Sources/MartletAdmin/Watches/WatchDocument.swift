// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// A watch as the admin API shows it; what was registered is not shown, since it may hold personal data.
enum WatchDocument {
    static func write(_ stored: StoredWatch, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(stored, to: &json)
        json.endObject()
    }

    /// With its newest polls, newest first.
    static func write(_ detail: WatchDetail, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(detail.stored, to: &json)
        json.name("history")
        json.beginArray()
        for poll in detail.polls {
            json.beginObject()
            json.member("number", integer: Int64(poll.number))
            json.member("at", poll.at)
            json.member("outcome", poll.outcome)
            json.member("note", poll.note)
            json.member("events", strings: poll.events.map(\.rawValue))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func writeMembers(_ stored: StoredWatch, to json: inout JSONWriter) {
        let watch = stored.watch
        json.member("id", watch.id.description)
        json.member("source", watch.source.description)
        json.member("subject", watch.subject)
        json.member("shop", stored.shop)
        json.member("state", watch.state.rawValue)
        json.member("note", watch.note)
        json.member("sourceHeld", bool: stored.isSourceHeld)
        json.member("nextPollAt", watch.nextPollAt)
        json.member("deadline", watch.deadline)
        json.member("polls", integer: Int64(watch.polls))
        json.member("lastOutcome", watch.lastOutcome)
        json.member("createdAt", watch.createdAt)
    }
}
