// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import MartletWire

/// Follows a replay to its end: on a terminal one line that changes, else a line whenever something has moved.
enum ReplayFollower {
    /// Prints the replay at its end.
    ///
    /// - Throws: `ExitCode(1)` if some of its deliveries did not arrive, or the gateway cannot be asked.
    static func follow(_ id: String, _ gateway: GatewayOption) async throws {
        var quiet = gateway
        quiet.json = false
        let isTerminal = isatty(STDERR_FILENO) == 1
        var shown = ""
        var failures = 0
        while true {
            let answer: GatewayOption.Answer
            do {
                answer = try await quiet.ask("GET", ["v1", "replays", id])
                failures = 0
            } catch {
                // A gateway that restarts goes on with its replays; so does who watches them.
                failures += 1
                if failures > 30 { throw error }
                try await ContinuousClock().sleep(for: .seconds(1))
                continue
            }
            let line = ReplayPrinter.line(answer.object)
            if line != shown, !gateway.json {
                Console.error(isTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
                shown = line
            }
            let isOver = answer.object["finishedAt"]?.string != nil
            let isPaused = answer.object["state"]?.string == "paused"
            if isOver || isPaused {
                if isTerminal, !gateway.json { Console.error("\n") }
                Console.output(gateway.json ? answer.text + "\n" : ReplayPrinter.page(answer.object))
                if arrived(answer.object) { return }
                throw ExitCode(1)
            }
            try await ContinuousClock().sleep(for: .milliseconds(500))
        }
    }

    /// Whether everything that was selected has arrived, by this replay or in another way.
    private static func arrived(_ replay: JSONObject) -> Bool {
        func count(_ name: String) -> Int {
            guard case .number(let digits) = replay[name] else { return 0 }
            return Int(digits) ?? 0
        }
        return count("delivered") + count("unneeded") == count("total")
    }
}
