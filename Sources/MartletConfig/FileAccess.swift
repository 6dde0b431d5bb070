// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads small files, with messages for an operator.
enum FileAccess {
    struct Failure: Error, Equatable {
        /// Continues a sentence that begins with the file's name.
        var message: String
    }

    /// Reads a whole file of at most `limit` bytes.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
        let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return .failure(failure(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = retrying { Glibc.read(descriptor, &chunk, chunk.count) }
            if count < 0 { return .failure(failure(errno)) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { return .failure(Failure(message: "is longer than \(limit) bytes")) }
        }
    }

    static func isWorldReadable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IROTH != 0
    }

    /// An absolute path stays; another one is taken from `folder`.
    static func resolve(_ path: String, against folder: String) -> String {
        if path.hasPrefix("/") || folder.isEmpty { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// The folder that holds a file; empty for a bare file name, which means the working folder.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ENOENT: Failure(message: "does not exist")
        case EACCES: Failure(message: "cannot be read; give this user the right to read it")
        case EISDIR: Failure(message: "is a folder, not a file")
        default: Failure(message: "cannot be read: \(String(cString: strerror(code)))")
        }
    }

    private static func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }
}
