// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletConfig
import MartletCore
import MartletRuntime

/// A span of time for lists.
struct MomentOption: ParsableArguments {
    @Option(help: "Only from this moment on, such as 2026-11-21T19:11:00Z, or so long ago, such as 2h.") var since:
        String?
    @Option(help: "Only before this moment, written alike.") var until: String?

    func validate() throws {
        for (name, value) in [("--since", since), ("--until", until)] {
            if let value, Self.moment(value) == nil {
                throw ValidationError(
                    "\(name) must be a moment such as 2026-11-21T19:11:00Z, or a duration such as 2h."
                )
            }
        }
    }

    /// Nil where nothing is given.
    var bounds: (since: Timestamp?, until: Timestamp?) { (since.flatMap(Self.moment), until.flatMap(Self.moment)) }

    private static func moment(_ text: String) -> Timestamp? {
        if let moment = Timestamp(rfc3339: text) { return moment }
        return SettingsReader.duration(from: text).map { SystemClock().now() - $0 }
    }
}
