// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Synchronization

/// The real executable, or a test's helper, as a child process.
final class MartletProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What a command that ran to its end has left.
    struct Finished {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Where the package manager has put the executable: beside the test bundle.
    static let executable: URL = {
        let candidates = [Bundle.main.bundleURL, Bundle.main.executableURL?.deletingLastPathComponent()]
        for folder in candidates.compactMap({ $0 }) {
            let url = folder.appendingPathComponent("martlet")
            if FileManager.default.isExecutableFile(atPath: url.path) { return url }
        }
        return URL(fileURLWithPath: ".build/debug/martlet")
    }()

    // Unchecked: Foundation's Process is only asked for its pid and its end, which it guards itself.
    private struct Child: @unchecked Sendable {
        let process: Process
    }

    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var waiting: [(isEnough: @Sendable (String) -> Bool, wait: Wait)] = []
    }

    private let child: Child
    private let state = Mutex(State())
    let ended: AsyncStream<Int32>

    /// Starts a command and follows its standard error (or output).
    ///
    /// `output`: takes its standard output, for a command that prints more than is to be followed.
    init(
        _ arguments: [String],
        executable: URL = MartletProcess.executable,
        environment: [String: String] = [:],
        followOutput: Bool = false,
        output: FileHandle = .nullDevice
    ) throws {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let pipe = Pipe()
        process.standardError = followOutput ? FileHandle.nullDevice : pipe
        process.standardOutput = followOutput ? pipe : output
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        child = Child(process: process)
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.append(data, isEnd: data.isEmpty)
        }
    }

    /// A test that failed before it ended its process must leave none behind.
    deinit {
        if child.process.isRunning { kill(child.process.processIdentifier, SIGKILL) }
    }

    var pid: pid_t { child.process.processIdentifier }
    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Waits for a line that holds the text, and returns that line.
    func line(with needle: String) async throws -> String {
        await waitForOutput("a line with \(needle)") { Self.line(with: needle, in: $0) != nil }
        let text = text
        if let line = Self.line(with: needle, in: text) { return line }
        throw Failure(description: "no line with \(needle): \(text)")
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end of the process and of what it printed; returns the exit status.
    @discardableResult func end() async -> Int32 {
        for await _ in ended {}
        await waitForOutput("the end of the output") { _ in false }
        return child.process.terminationStatus
    }

    /// Runs a command to its end, without holding one of Swift's few threads meanwhile.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Finished {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runAndWait(arguments, environment: environment) })
            }
        }
    }

    private static func runAndWait(_ arguments: [String], environment: [String: String]) throws -> Finished {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let output = try Capture()
        let errors = try Capture()
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.run()
        process.waitForEnd(of: "martlet \(arguments.joined(separator: " "))")
        return Finished(status: process.terminationStatus, output: output.read(), errors: errors.read())
    }

    /// A file that takes what a command prints: unlike a pipe, it never fills up.
    private struct Capture {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        let handle: FileHandle

        init() throws {
            try Data().write(to: url)
            handle = try FileHandle(forWritingTo: url)
        }

        func read() -> String {
            defer { try? FileManager.default.removeItem(at: url) }
            return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        }
    }

    /// Waits until what was printed so far is enough, or is all there will be.
    private func waitForOutput(_ what: String, isEnough: @escaping @Sendable (String) -> Bool) async {
        await Wait.until(what) { wait in
            state.withLock { state in
                if state.hasEnded || isEnough(String(decoding: state.bytes, as: UTF8.self)) { return true }
                state.waiting.append((isEnough, wait))
                return false
            }
        }
    }

    private func append(_ data: Data, isEnd: Bool) {
        let ready = state.withLock { state in
            state.bytes += data
            state.hasEnded = state.hasEnded || isEnd
            let text = state.waiting.isEmpty ? "" : String(decoding: state.bytes, as: UTF8.self)
            var ready: [Wait] = []
            state.waiting.removeAll { waiting in
                let isOver = isEnd || waiting.isEnough(text)
                if isOver { ready.append(waiting.wait) }
                return isOver
            }
            return ready
        }
        for wait in ready { wait.over() }
    }

    /// Complete lines only.
    private static func line(with needle: String, in text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.first { needle.isEmpty || $0.contains(needle) }.map(String.init)
    }
}
