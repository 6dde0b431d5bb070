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
            // A reader that has gone, such as `head`, is no error of ours.
            guard written > 0 else { return }
            remaining = remaining.dropFirst(written)
        }
    }
}
