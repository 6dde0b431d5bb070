// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import GRDBSQLite

/// SQLite copies the bytes during the call (sqlite.org/c3ref/c_static.html); the constant is a cast that Swift does not
/// import.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Bytes bound as a BLOB.
///
/// No bytes bind as NULL (they have no address), so statements say `coalesce(?, x'')`.
struct Blob: StatementBinding {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func bind(to sqliteStatement: SQLiteStatement, at index: CInt) -> CInt {
        sqlite3_bind_blob(sqliteStatement, index, bytes, CInt(bytes.count), transient)
    }
}

/// The write path steps its statements by SQLite's own calls: GRDB's stepping looks after observers, authorisers and
/// rows that outlive their cursor, none of which exist here, and that cost as much as SQLite's own work.
///
/// Only the writer's queue uses these statements, inside a transaction that GRDB began.
extension Statement {
    /// Binds values by position and runs the statement to its end.
    func run<each Value: StatementBinding>(_ values: repeat each Value) throws {
        defer { sqlite3_reset(sqliteStatement) }
        try bind(repeat each values)
        while try step() {}
    }

    /// Binds values by position and reads the first row, if there is one.
    func first<each Value: StatementBinding, Result>(
        _ values: repeat each Value,
        read: (ColumnReader) throws -> Result
    ) throws -> Result? {
        defer { sqlite3_reset(sqliteStatement) }
        try bind(repeat each values)
        return try step() ? try read(ColumnReader(statement: sqliteStatement)) : nil
    }

    /// Binds values by position and reads every row.
    func all<each Value: StatementBinding, Result>(
        _ values: repeat each Value,
        read: (ColumnReader) throws -> Result
    ) throws -> [Result] {
        defer { sqlite3_reset(sqliteStatement) }
        try bind(repeat each values)
        var results: [Result] = []
        while try step() { results.append(try read(ColumnReader(statement: sqliteStatement))) }
        return results
    }

    private func bind<each Value: StatementBinding>(_ values: repeat each Value) throws {
        var index: CInt = 0
        for value in repeat each values {
            index += 1
            let code = value.bind(to: sqliteStatement, at: index)
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    /// True if there is a row.
    private func step() throws -> Bool {
        switch sqlite3_step(sqliteStatement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let message = sqlite3_db_handle(sqliteStatement).flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
    }
}

/// The columns of the row that a statement stands on; valid until its next step.
struct ColumnReader {
    let statement: SQLiteStatement

    subscript(_ index: CInt) -> Int64 { sqlite3_column_int64(statement, index) }
    subscript(_ index: CInt) -> Int { Int(sqlite3_column_int64(statement, index)) }
    subscript(_ index: CInt) -> Bool { sqlite3_column_int64(statement, index) != 0 }
    subscript(_ index: CInt) -> Int64? { isNull(index) ? nil : sqlite3_column_int64(statement, index) }
    subscript(_ index: CInt) -> String { text(index) ?? "" }
    subscript(_ index: CInt) -> String? { text(index) }

    /// The bytes of a BLOB column; empty for NULL.
    func bytes(_ index: CInt) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, index) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index))))
    }

    /// The bytes of a BLOB column, or nil for NULL.
    func optionalBytes(_ index: CInt) -> [UInt8]? { isNull(index) ? nil : bytes(index) }

    private func isNull(_ index: CInt) -> Bool { sqlite3_column_type(statement, index) == SQLITE_NULL }

    private func text(_ index: CInt) -> String? {
        guard let start = sqlite3_column_text(statement, index) else { return nil }
        let count = Int(sqlite3_column_bytes(statement, index))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
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
