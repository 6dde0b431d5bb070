// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the store takes on its disk, and what is left there.
extension SQLiteFile {
    /// The file with its log, in bytes; nil if it cannot be looked at.
    static func size(_ path: String) -> Int64? {
        guard let file = bytes(of: path) else { return nil }
        return file + (bytes(of: path + "-wal") ?? 0)
    }

    /// What a user without privileges may still write, in bytes; nil if it cannot be told.
    static func free(beside path: String) -> Int64? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        let (bytes, isTooMuch) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        return isTooMuch ? .max : Int64(clamping: bytes)
    }

    private static func bytes(of path: String) -> Int64? {
        var file = stat()
        return stat(path, &file) == 0 ? Int64(file.st_size) : nil
    }
}
