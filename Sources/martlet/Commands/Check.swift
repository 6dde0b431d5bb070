// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletConfig
import MartletCore

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print every problem of a configuration with its JSON path; exit 1 if any is an error."
    )

    @OptionGroup var file: ConfigurationOption
    @Flag(name: .long, help: "Print one JSON object instead of a table.") var json = false

    func run() throws {
        let (configuration, problems) = file.read()
        Console.output(
            json ? CheckReport.json(problems, path: file.config) : CheckReport.render(problems, path: file.config)
        )
        if configuration == nil { throw ExitCode(1) }
    }
}
