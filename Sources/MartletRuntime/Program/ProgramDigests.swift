// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The digests of programs' files, computed anew only when a file has changed.
struct ProgramDigests {
    /// Bytes; a file that is longer is not looked at.
    static let sizeLimit = 256 << 20

    /// What changes with a file's content; the time of the change (`st_ctim`) cannot be set back by its owner.
    private struct Mark: Equatable {
        var device: dev_t
        var inode: ino_t
        var size: off_t
        var modified: Int64
        var changed: Int64

        init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
            size = status.st_size
            modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        }
    }

    private var known: [String: (mark: Mark, digest: [UInt8])] = [:]
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    init(sha256: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.sha256 = sha256 }

    mutating func digest(of path: String) throws(ProgramLaunch.Refusal) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path) }
        let mark = Mark(status)
        if let known = known[path], known.mark == mark { return known.digest }
        guard status.st_size <= Self.sizeLimit, let bytes = Self.read(descriptor, Int(status.st_size)) else {
            throw Self.unreadable(path)
        }
        let digest = sha256(bytes)
        known[path] = (mark, digest)
        return digest
    }

    /// Nil unless the file has exactly that many bytes.
    private static func read(_ descriptor: Int32, _ size: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while count < bytes.count {
            let step = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if step < 0, errno == EINTR { continue }
            guard step > 0 else { break }
            count += step
        }
        guard count == size else { return nil }
        bytes.removeLast()
        return bytes
    }

    private static func unreadable(_ path: String) -> ProgramLaunch.Refusal {
        ProgramLaunch.Refusal(
            "the digest of \"\(path)\" cannot be checked: the gateway must be able to read it, and it may have 256 MiB"
        )
    }
}
