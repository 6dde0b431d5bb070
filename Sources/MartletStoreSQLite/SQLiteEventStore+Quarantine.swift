// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func capture(
        _ capture: Capture,
        releasing row: QuarantineID,
        completion: @escaping Completion<CaptureOutcome?>
    ) {
        write("release from quarantine", completion: completion) { try $0.capture(capture, releasing: row) }
    }

    package func removeQuarantined(_ id: QuarantineID) async throws(StoreError) -> Bool {
        try await write("remove from quarantine") { try $0.removeQuarantined(id) }
    }

    package func quarantined(_ query: QuarantineQuery) async throws(StoreError) -> [QuarantinedCallback] {
        var filter = QueryFilter()
        filter.equal("source", query.source?.description)
        filter.among("source", query.sources.map { Set($0.map(\.description)) })
        filter.among("reason", query.reasons.map { Set($0.map(\.rawValue)) })
        filter.between("received_at", since: query.since, until: query.until)
        filter.before("id", query.before?.number)
        if let after = query.after { filter.add("id > ?", after.number) }
        let sql = """
            \(Self.selectQuarantined) \(filter.clause) ORDER BY id \(query.isOldestFirst ? "ASC" : "DESC")
            LIMIT \(max(0, query.limit))
            """
        let arguments = filter.arguments
        return try await read("read quarantine") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.quarantined)
        }
    }

    package func quarantined(_ id: QuarantineID) async throws(StoreError) -> QuarantinedCallback? {
        try await read("read quarantine") { database in
            try Row.fetchOne(database, sql: "\(Self.selectQuarantined) WHERE id = ?", arguments: [id.number])
                .map(Self.quarantined)
        }
    }

    /// One seek for each source, in place of a walk over the rows.
    static let oldestQuarantined = """
        SELECT u.source, (SELECT received_at FROM quarantine q WHERE q.source = u.source ORDER BY q.id LIMIT 1)
        FROM quarantine_usage u WHERE u.rows > 0
        """

    private static let selectQuarantined = """
        SELECT id, source, reason, detail, method, source_address, headers, received_at, body FROM quarantine
        """

    private static func quarantined(_ row: Row) throws -> QuarantinedCallback {
        QuarantinedCallback(
            id: QuarantineID(number: row[0]),
            source: try StoredText.source(row[1]),
            refusal: Refusal(try StoredText.reason(row[2]), row[3]),
            callback: try callback(row, from: 4)
        )
    }
}
