// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

extension HyPe {
    /// How a source's program is run.
    package struct Settings: Sendable, Equatable {
        /// The program, by absolute path or bare name, then its arguments.
        package var command: [String]
        /// The SHA-256 that the program's file must have; nil for any.
        package var commandDigest: [UInt8]?
        /// The whole environment; empty by default.
        package var environment: [String: String]
        /// Nil for the gateway's own user.
        package var user: String?
        /// 30 seconds by default.
        package var timeLimit: Duration

        package init(
            command: [String],
            commandDigest: [UInt8]? = nil,
            environment: [String: String] = [:],
            user: String? = nil,
            timeLimit: Duration = .seconds(30)
        ) {
            self.command = command
            self.commandDigest = commandDigest
            self.environment = environment
            self.user = user
            self.timeLimit = timeLimit
        }

        /// Reads and checks the settings; nil, with the problems reported, if there are errors.
        init?(_ settings: SettingsReader) {
            let before = settings.problems.all.count
            command = settings.strings("command", default: [])
            if command.first?.isEmpty ?? true {
                settings.fail(
                    "command",
                    "must list the program and its arguments, such as [\"aelucrative-hype-initiator\", \"status\"]"
                )
            } else if let program = command.first, program.contains("/"), !program.hasPrefix("/") {
                settings.fail("command", "must begin with an absolute path, or with a name to look for in PATH")
            } else if command.contains(where: { $0.utf8.contains(0) }) {
                settings.fail("command", "must not hold a zero byte")
            }
            if let text = settings.string("commandDigest") {
                let digest = text.hasPrefix("sha256:") ? Hex.decode(text.dropFirst(7)) : nil
                if digest?.count == 32 {
                    commandDigest = digest
                } else {
                    settings.fail(
                        "commandDigest",
                        "must be \"sha256:\" and the 64 digits that \"sha256sum FILE\" prints for the program, or be left out"
                    )
                }
            }
            environment = [:]
            if case .object(let object) = settings.value("environment") {
                for member in object.members {
                    guard let text = member.value.string, !text.utf8.contains(0), !member.name.isEmpty,
                        !member.name.utf8.contains(where: { $0 == 0 || $0 == 0x3D })
                    else {
                        settings.fail(
                            "environment",
                            "must map names without \"=\" to texts, such as {\"HOME\": \"/srv\"}"
                        )
                        break
                    }
                    environment[member.name] = text
                }
            } else if let value = settings.value("environment") {
                settings.fail("environment", "must be an object, not \(value.kind)")
            }
            user = settings.string("user")
            if let user, user.isEmpty || user.utf8.contains(where: { $0 <= 0x20 || $0 == 0x2F }) || user.hasPrefix("-")
            {
                settings.fail("user", "must be the name of a user of this machine, or be left out")
            }
            timeLimit = settings.duration("timeLimit", default: .seconds(30))
            if !(Duration.seconds(1)...Duration.seconds(300) ~= timeLimit) {
                settings.fail("timeLimit", "must be from \"1s\" to \"5m\"")
            }
            if settings.hasErrors(since: before) { return nil }
        }
    }
}
