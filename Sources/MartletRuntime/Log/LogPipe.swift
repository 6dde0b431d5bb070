// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
package import Logging
import MartletCore
import Synchronization

/// Writes log lines to a descriptor from its own queue, so that a slow terminal or a full pipe never blocks a loop.
///
/// At most `capacity` lines wait; what comes beyond is dropped and counted, and the count is logged as soon as lines
/// flow again.
package final class LogPipe: Sendable {
    /// How a line looks.
    package enum Format: Sendable {
        /// `2026-11-21T19:11:00.123Z info message key=value`
        case text
        /// One JSON object a line.
        case json
    }

    private struct State {
        var lines: [LogLine] = []
        var dropped = 0
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "martlet.log", qos: .utility)
    private let descriptor: Int32
    private let capacity: Int
    private let format: Format

    /// `descriptor`: where lines go; standard error by default.
    ///
    /// `capacity`: lines that may wait.
    package init(format: Format, descriptor: Int32 = STDERR_FILENO, capacity: Int = 8192) {
        self.format = format
        self.descriptor = descriptor
        self.capacity = capacity
    }

    /// A logger that writes here.
    package func logger(_ label: String, level: Logger.Level) -> Logger {
        var logger = Logger(label: label) { _ in LogPipeHandler(pipe: self) }
        logger.logLevel = level
        return logger
    }

    /// Waits until every line so far has been written; for the end of the process.
    ///
    /// Gives up after `seconds`: a reader that stands still must not keep the process from ending.
    package func flush(within seconds: Int = 2) {
        let written = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            written.signal()
        }
        _ = written.wait(timeout: .now() + .seconds(seconds))
    }

    fileprivate func write(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        let line = LogLine(time: SystemClock().now(), level: level.rawValue, message: message, metadata: metadata)
        let mustSchedule = state.withLock { state in
            guard state.lines.count < capacity else {
                state.dropped += 1
                return false
            }
            state.lines.append(line)
            if state.isScheduled { return false }
            state.isScheduled = true
            return true
        }
        // A moment's wait lets a burst be written at once, and costs no thread a wake-up for each line.
        if mustSchedule { queue.asyncAfter(deadline: .now() + .milliseconds(5)) { self.drain() } }
    }

    private func drain() {
        let (lines, dropped) = state.withLock { state in
            defer {
                state.lines = []
                state.dropped = 0
                state.isScheduled = false
            }
            return (state.lines, state.dropped)
        }
        var output: [UInt8] = []
        output.reserveCapacity(256 * lines.count)
        for line in lines { append(line, to: &output) }
        if dropped > 0 {
            let metadata: Logger.Metadata = ["lines": "\(dropped)"]
            let line = LogLine(
                time: SystemClock().now(),
                level: "warning",
                message: "log lines dropped",
                metadata: metadata
            )
            append(line, to: &output)
        }
        output.withUnsafeBytes { writeAll($0) }
    }

    private func append(_ line: LogLine, to output: inout [UInt8]) {
        switch format {
        case .text: line.appendText(to: &output)
        case .json: line.appendJSON(to: &output)
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var remaining = bytes[...]
        while !remaining.isEmpty {
            let start = UnsafeRawBufferPointer(rebasing: remaining).baseAddress
            let written = Glibc.write(descriptor, start, remaining.count)
            let code = errno
            if written > 0 {
                remaining = remaining.dropFirst(written)
            } else if written < 0, code == EAGAIN {
                // Standard error may share its description with a program that made it non-blocking; this queue may wait.
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&poller, 1, -1)
            } else if written == 0 || code != EINTR {
                return
            }
        }
    }
}

private struct LogPipeHandler: LogHandler {
    let pipe: LogPipe
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let own = event.metadata ?? [:]
        let merged = metadata.isEmpty ? own : metadata.merging(own) { _, new in new }
        pipe.write(event.level, event.message.description, merged)
    }
}
