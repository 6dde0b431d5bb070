// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension StoreError {
    /// What an SQLite error means for an operator.
    ///
    /// The statement's values are left out. `operation` is what was being done, such as `capture`.
    static func sqlite(_ error: any Error, operation: String, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        if let error = error as? SealingError { return .secretsKey(error.description) }
        guard let error = error as? DatabaseError else {
            return .failed(code: -1, operation: operation, message: "a stored value could not be read")
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            return .full(
                "\(path): no space is left for the store; free space on its disk or shorten the retention"
            )
        case .SQLITE_READONLY:
            return .readOnly(
                "\(path): the store cannot be written; check the owner and mode of the file and of its folder, and "
                    + "that the disk is not mounted read-only"
            )
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return .cannotOpen(
                "\(path): the store cannot be opened; its folder must exist and this user must be allowed to read "
                    + "and write in it"
            )
        case .SQLITE_NOTADB:
            return .cannotOpen(
                "\(path): the file is not an SQLite database; name another file or move this one away"
            )
        case .SQLITE_CORRUPT:
            return .failed(
                code: Int(error.extendedResultCode.rawValue),
                operation: operation,
                message: "\(path) is damaged; stop the gateway and restore a backup, or recover what can be read "
                    + "with `sqlite3 FILE .recover`"
            )
        case .SQLITE_BUSY:
            return .failed(
                code: Int(error.extendedResultCode.rawValue),
                operation: operation,
                message: "\(path) is locked by another process; only one gateway may use the file"
            )
        default:
            return .failed(
                code: Int(error.extendedResultCode.rawValue),
                operation: operation,
                message: error.message ?? "SQLite reports \(error.resultCode)"
            )
        }
    }
}

extension DatabaseError {
    /// Whether the file or the machine is at fault, so that no command of a batch could succeed alone.
    var concernsEveryWrite: Bool {
        switch resultCode {
        case .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CANTOPEN,
            .SQLITE_NOMEM, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_INTERRUPT,
            .SQLITE_PROTOCOL:
            true
        default: false
        }
    }
}
