// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// Bytes bound as a BLOB.
///
/// No bytes bind as NULL (they have no address), so statements say `coalesce(?, x'')`.
struct Blob: StatementBinding {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func bind(to sqliteStatement: SQLiteStatement, at index: CInt) -> CInt {
        Data(bytes).bind(to: sqliteStatement, at: index)
    }
}

extension Statement {
    /// Binds values by position, from 1.
    ///
    /// `StatementArguments` would box every value; on the write path the values go to SQLite directly. Setting empty
    /// arguments resets the statement and tells GRDB that bindings are taken care of.
    func bind<each Value: StatementBinding>(_ values: repeat each Value) throws {
        setUncheckedArguments(StatementArguments())
        var index: CInt = 0
        for value in repeat each values {
            index += 1
            let code = value.bind(to: sqliteStatement, at: index)
            guard code == 0 else { throw DatabaseError(resultCode: ResultCode(rawValue: code), sql: sql) }
        }
    }

    /// Binds values by position and runs the statement to its end.
    func run<each Value: StatementBinding>(_ values: repeat each Value) throws {
        try bind(repeat each values)
        try execute()
    }

    /// Binds values by position and reads the first row, if there is one.
    func first<each Value: StatementBinding, Result>(
        _ values: repeat each Value,
        read: (Row) throws -> Result
    ) throws -> Result? {
        try bind(repeat each values)
        let rows = try Row.fetchCursor(self)
        // A row reads from the statement, and the cursor resets it when it goes.
        return try withExtendedLifetime(rows) { try rows.next().map(read) }
    }

    /// Binds values by position and reads every row.
    func all<each Value: StatementBinding, Result>(
        _ values: repeat each Value,
        read: (Row) throws -> Result
    ) throws -> [Result] {
        try bind(repeat each values)
        var results: [Result] = []
        let rows = try Row.fetchCursor(self)
        while let row = try rows.next() { results.append(try read(row)) }
        return results
    }
}

extension Row {
    /// The bytes of a BLOB column; empty for NULL.
    func bytes(_ index: Int) throws -> [UInt8] {
        try withUnsafeData(atIndex: index) { data in data.map { [UInt8]($0) } ?? [] }
    }

    /// The bytes of a BLOB column, or nil for NULL.
    func optionalBytes(_ index: Int) throws -> [UInt8]? {
        hasNull(atIndex: index) ? nil : try bytes(index)
    }
}
