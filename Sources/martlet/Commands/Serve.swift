// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Dispatch
import Foundation
import Logging
import MartletConfig
import MartletCore
import MartletCrypto
import MartletGateway
import MartletNet
import MartletRuntime

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            SIGTERM or SIGINT: stop taking callbacks, finish what runs, exit 0. A second signal exits at once.
            SIGHUP: read the configuration again; a bad file is refused whole and the running settings stay.
            """
    )

    @OptionGroup var file: ConfigurationOption

    @Option(help: "Least severe lines to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .info

    @Option(help: "How log lines look: text or json.")
    var logFormat: LogFormat = .text

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case trace
        case debug
        case info
        case notice
        case warning
        case error
        case critical

        var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    func run() async throws {
        let configuration = try file.load()
        let pipe = LogPipe(format: logFormat == .json ? .json : .text)
        let log = pipe.logger("martlet", level: logLevel.level)
        defer { pipe.flush() }
        report(file.read().problems, log)
        DescriptorLimit.raise()
        let signals = SignalStream([SIGTERM, SIGINT, SIGHUP])
        let programs: ProcessRunner
        let gateway: Gateway
        do {
            programs = try ProcessRunner(sha256: Digest.sha256)
            gateway = try await Gateway(configuration, log: log, programs: programs)
        } catch {
            log.critical("the gateway cannot start", metadata: ["reason": "\(error)"])
            throw ExitCode(1)
        }
        log.notice(
            "gateway started",
            metadata: ["ingest": "\(gateway.ingestAddress)", "admin": "\(gateway.adminAddress)"]
        )
        await followSignals(signals, gateway, log)
        await programs.shutDown()
        log.notice("gateway stopped")
    }

    private func report(_ warnings: [SettingsProblem], _ log: Logger) {
        for problem in warnings {
            log.warning("configuration", metadata: ["path": "\(problem.path)", "problem": "\(problem.message)"])
        }
    }

    private func followSignals(_ signals: SignalStream, _ gateway: Gateway, _ log: Logger) async {
        for await signal in signals.values {
            guard signal == SIGHUP else {
                log.notice("stopping", metadata: ["signal": "\(signal == SIGTERM ? "SIGTERM" : "SIGINT")"])
                signals.exitOnNextSignal()
                return await gateway.stop()
            }
            await reload(gateway, log)
        }
    }

    private func reload(_ gateway: Gateway, _ log: Logger) async {
        let (configuration, problems) = file.read()
        guard let configuration else {
            log.error(
                "configuration refused, the running settings stay",
                metadata: [
                    "problems":
                        "\(problems.filter { $0.severity == .error }.map(\.description).joined(separator: "; "))"
                ]
            )
            gateway.refused(problems.filter { $0.severity == .error })
            return
        }
        report(problems, log)
        do {
            try await gateway.reload(configuration)
            log.notice("configuration reloaded")
        } catch let partly as PartlyInForce {
            log.error("configuration put into force in part only", metadata: ["reason": "\(partly)"])
        } catch {
            log.error("configuration not put into force", metadata: ["reason": "\(error)"])
        }
    }
}
