// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import GRDBSQLite

/// What a parameter of a statement can be given.
protocol StatementArgument {
    /// The bytes of a text or a BLOB that SQLite reads while the statement runs.
    var heldBytes: Int { get }
    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt
}

extension StatementArgument {
    var heldBytes: Int { 0 }
}

/// Where the texts and BLOBs of one run lie together, so that SQLite need not allocate and copy each of them: with
/// `SQLITE_STATIC` it reads them where they are (sqlite.org/c3ref/c_static.html).
struct ArgumentMemory {
    private var rest: UnsafeMutableRawBufferPointer

    init(_ memory: UnsafeMutableRawBufferPointer) { rest = memory }

    /// The address of a copy that lives as long as the memory; an address also for no bytes, which would be NULL without
    /// one.
    mutating func hold(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
        let start = rest.baseAddress
        rest.copyMemory(from: bytes)
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
        return UnsafePointer(start?.assumingMemoryBound(to: CChar.self))
    }
}

/// Bytes bound as a BLOB; no bytes are an empty one.
struct Blob: StatementArgument {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var heldBytes: Int { bytes.count }

    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        sqlite3_bind_blob(statement, index, bytes.withUnsafeBytes { memory.hold($0) }, CInt(bytes.count), nil)
    }
}

extension String: StatementArgument {
    var heldBytes: Int { utf8.count }

    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        var text = self
        return text.withUTF8 { bytes in
            sqlite3_bind_text(statement, index, memory.hold(UnsafeRawBufferPointer(bytes)), CInt(bytes.count), nil)
        }
    }
}

extension Int64: StatementArgument {
    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        sqlite3_bind_int64(statement, index, self)
    }
}

extension Int: StatementArgument {
    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        sqlite3_bind_int64(statement, index, Int64(self))
    }
}

extension Bool: StatementArgument {
    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        sqlite3_bind_int64(statement, index, self ? 1 : 0)
    }
}

extension Double: StatementArgument {
    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        sqlite3_bind_double(statement, index, self)
    }
}

extension Optional: StatementArgument where Wrapped: StatementArgument {
    var heldBytes: Int { self?.heldBytes ?? 0 }

    func bind(to statement: SQLiteStatement, at index: CInt, _ memory: inout ArgumentMemory) -> CInt {
        self?.bind(to: statement, at: index, &memory) ?? sqlite3_bind_null(statement, index)
    }
}

/// The write path steps its statements by SQLite's own calls: GRDB's stepping looks after observers, authorisers and
/// rows that outlive their cursor, none of which exist here, and that cost as much as SQLite's own work.
///
/// Only the writer's queue uses these statements, inside a transaction that GRDB began.
extension Statement {
    /// Binds values by position and runs the statement to its end.
    func run<each Value: StatementArgument>(_ values: repeat each Value) throws {
        try bound(repeat each values) { while try step() {} }
    }

    /// Binds values by position and reads the first row, if there is one.
    func first<each Value: StatementArgument, Result>(
        _ values: repeat each Value,
        read: (ColumnReader) throws -> Result
    ) throws -> Result? {
        try bound(repeat each values) { try step() ? try read(ColumnReader(statement: sqliteStatement)) : nil }
    }

    /// Binds values by position and reads every row.
    func all<each Value: StatementArgument, Result>(
        _ values: repeat each Value,
        read: (ColumnReader) throws -> Result
    ) throws -> [Result] {
        try bound(repeat each values) {
            var results: [Result] = []
            while try step() { results.append(try read(ColumnReader(statement: sqliteStatement))) }
            return results
        }
    }

    /// Runs `body` while the values are bound.
    private func bound<each Value: StatementArgument, Result>(
        _ values: repeat each Value,
        body: () throws -> Result
    ) throws -> Result {
        var bytes = 0
        for value in repeat each values { bytes += value.heldBytes }
        return try withUnsafeTemporaryAllocation(byteCount: bytes + 1, alignment: 1) { buffer in
            defer {
                sqlite3_reset(sqliteStatement)
                // What is bound lies in memory that ends here.
                sqlite3_clear_bindings(sqliteStatement)
            }
            var memory = ArgumentMemory(buffer)
            var index: CInt = 0
            for value in repeat each values {
                index += 1
                let code = value.bind(to: sqliteStatement, at: index, &memory)
                guard code == SQLITE_OK else { throw failure(code) }
            }
            return try body()
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
