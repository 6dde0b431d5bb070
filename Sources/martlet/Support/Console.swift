// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard output and standard error, written at once and whole.
enum Console {
    static func output(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var remaining = Array(text.utf8)[...]
        while !remaining.isEmpty {
            let written = remaining.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return failed(errno, descriptor) }
            remaining = remaining.dropFirst(written)
        }
    }

    /// Ends the command with 1: what it was to show, such as a secret that is shown once, has not arrived.
    private static func failed(_ code: Int32, _ descriptor: Int32) {
        // A reader that has gone, such as `head`, is no error of ours.
        guard descriptor == STDOUT_FILENO, code != EPIPE else { return }
        let reason = String(cString: strerror(code))
        error("cannot write to standard output: \(reason). What the command has done stays done; its answer is lost\n")
        exit(1)
    }
}
