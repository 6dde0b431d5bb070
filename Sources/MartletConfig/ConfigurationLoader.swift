// SPDX-License-Identifier: Apache-2.0
import Glibc
package import MartletCore
import MartletWire

/// Reads the configuration file and finds everything that is wrong with it in one go.
package enum ConfigurationLoader {
    /// Bytes that a configuration file may have.
    package static let longestFile = 4 * 1_048_576

    /// Loads one file.
    ///
    /// - Parameters:
    ///   - path: relative paths inside the file are taken from this file's folder.
    ///   - providers: the kinds of source there are.
    ///   - environment: the variables that `env:` can name.
    ///   - now: the moment as of which ends of secrets are judged; nil for that of the machine's clock.
    /// - Returns: the configuration, nil if there is any error, and all problems in the order of the file.
    package static func load(
        path: String,
        providers: [ProviderKind],
        environment: [String: String],
        now: Timestamp? = nil
    ) -> (configuration: Configuration?, problems: [SettingsProblem]) {
        switch FileAccess.read(path, limit: longestFile) {
        case .failure(let error):
            return (nil, [SettingsProblem(path: "$", "the configuration file \(error.message)")])
        case .success(let bytes):
            return load(
                bytes: bytes,
                folder: FileAccess.folder(of: path),
                providers: providers,
                environment: environment,
                now: now
            )
        }
    }

    /// Loads a configuration that has been read already.
    ///
    /// - Parameters:
    ///   - bytes: the text of the file.
    ///   - folder: what relative paths are relative to; empty for the working folder.
    ///   - providers: the kinds of source there are.
    ///   - environment: the variables that `env:` can name.
    ///   - now: the moment as of which ends of secrets are judged; nil for that of the machine's clock.
    /// - Returns: as for a file.
    package static func load(
        bytes: [UInt8],
        folder: String,
        providers: [ProviderKind],
        environment: [String: String],
        now: Timestamp? = nil
    ) -> (configuration: Configuration?, problems: [SettingsProblem]) {
        let root: JSONValue
        do {
            root = try JSONReader.read(bytes)
        } catch {
            return (nil, [SettingsProblem(path: "$", message(for: error, in: bytes))])
        }
        guard case .object(let object) = root else {
            return (nil, [SettingsProblem(path: "$", "must be an object, not \(root.kind)")])
        }
        let resolver = FileSecretResolver(folder: folder, environment: environment)
        let reader = ConfigurationReader(
            object,
            folder: folder,
            resolver: resolver,
            providers: providers,
            now: now ?? machineTime()
        )
        var configuration = reader.read()
        let problems = ProblemOrder(root).sorted(reader.problems(of: configuration))
        if problems.contains(where: { $0.severity == .error }) { return (nil, problems) }
        for index in configuration.sources.indices {
            let stem = "$.sources[\(index)]."
            configuration.sources[index].warnings = problems.filter { $0.path.hasPrefix(stem) }
                .map { "\($0.path.dropFirst(stem.count)) \($0.message)" }
        }
        return (configuration, problems)
    }

    private static func machineTime() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private static func message(for error: JSONReadError, in bytes: [UInt8]) -> String {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
            return "the configuration file is empty; config.example.json shows what belongs there"
        }
        let before = bytes.prefix(error.offset)
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Bytes 10xxxxxx continue a character of UTF-8 and are no column of their own.
        let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        let member = error.member.map { " (\"\($0.prefix(64))\")" } ?? ""
        return "the configuration file \(error.rule.rawValue)\(member), at line \(line), column \(column)"
    }
}
