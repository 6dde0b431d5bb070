// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore

/// Watches as rows.
extension StoredText {
    /// The first thirteen columns of a query that `watch` reads; the table is `w`.
    static let watchColumns = """
        w.id, w.source, w.subject, w.details, w.memory, w.state, w.next_poll_at, w.deadline, w.polls, w.last_outcome,
        w.note, w.created_at, w.due_at
        """

    static func watchState(_ text: String) throws -> WatchState {
        guard let state = WatchState(rawValue: text) else { throw unreadable("state") }
        return state
    }

    static func watch(_ row: ColumnReader) throws -> Watch {
        let nextPollAt: Int64? = row[6]
        return Watch(
            id: WatchID(number: row[0]),
            source: try source(row[1]),
            subject: row[2],
            details: row.bytes(3),
            memory: row.bytes(4),
            state: try watchState(row[5]),
            nextPollAt: nextPollAt.map(Timestamp.init(milliseconds:)),
            deadline: Timestamp(milliseconds: row[7]),
            polls: row[8],
            lastOutcome: row[9],
            note: row[10],
            createdAt: Timestamp(milliseconds: row[11])
        )
    }
}
