// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletConfig
import MartletCore
import MartletProviders

/// `--config FILE`, shared by the commands that need the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: "The configuration file.")
    var config: String = "config.json"

    /// Loads the file.
    ///
    /// - Throws: `ExitCode(1)` after every problem has been printed to standard error.
    func load() throws -> Configuration {
        let (configuration, problems) = read()
        guard let configuration else {
            Console.error(CheckReport.render(problems, path: config))
            Console.error("The configuration has errors; mend them, then run: martlet check --config \(config)\n")
            throw ExitCode(1)
        }
        return configuration
    }

    func read() -> (configuration: Configuration?, problems: [SettingsProblem]) {
        ConfigurationLoader.load(
            path: config,
            providers: ProviderRegistry.kinds,
            environment: ProcessInfo.processInfo.environment
        )
    }
}
