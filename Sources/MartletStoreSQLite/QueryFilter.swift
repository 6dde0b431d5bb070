// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore

/// Gathers conditions and their values for one list; a nil value adds no condition.
struct QueryFilter: Sendable {
    private var conditions: [String] = []
    private(set) var arguments: [DatabaseValue] = []

    /// `WHERE …`, or nothing.
    var clause: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    var isEmpty: Bool { conditions.isEmpty }

    mutating func add(_ condition: String) {
        conditions.append(condition)
    }

    mutating func add(_ condition: String, _ value: some DatabaseValueConvertible) {
        conditions.append(condition)
        arguments.append(value.databaseValue)
    }

    /// One value for each question mark.
    mutating func add(_ condition: String, _ values: [DatabaseValue]) {
        conditions.append(condition)
        arguments += values
    }

    mutating func equal(_ column: String, _ value: String?) {
        if let value { add("\(column) = ?", value) }
    }

    /// One of these values; none of them matches nothing.
    mutating func among(_ column: String, _ values: Set<String>?) {
        guard let values else { return }
        let marks = values.map { _ in "?" }.joined(separator: ",")
        add("\(column) IN (\(marks))", values.sorted().map(\.databaseValue))
    }

    /// `since` is included, `until` is not, so that adjoining ranges meet without overlap.
    mutating func between(_ column: String, since: Timestamp?, until: Timestamp?) {
        if let since { add("\(column) >= ?", since.milliseconds) }
        if let until { add("\(column) < ?", until.milliseconds) }
    }

    /// Blocks with rows of that time.
    mutating func overlap(since: Timestamp?, until: Timestamp?) {
        if let since { add("last_at >= ?", since.milliseconds) }
        if let until { add("first_at < ?", until.milliseconds) }
    }

    mutating func within(_ column: String, _ numbers: ClosedRange<Int64>) {
        add("\(column) >= ?", numbers.lowerBound)
        add("\(column) <= ?", numbers.upperBound)
    }

    mutating func before(_ column: String, _ cursor: Int64?) {
        if let cursor { add("\(column) < ?", cursor) }
    }
}
