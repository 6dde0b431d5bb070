// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

/// What `martlet check` prints.
struct CheckReportTests {
    private let problems = [
        SettingsProblem(path: "$.sources[1].ipnSecret", "the environment variable X is not set"),
        SettingsProblem(.warning, path: "$.store", "is \"doubtful\""),
    ]

    @Test func alignsATable() {
        #expect(
            CheckReport.render(problems, path: "config.json") == """
                config.json: 1 error, 1 warning

                error    $.sources[1].ipnSecret  the environment variable X is not set
                warning  $.store                 is "doubtful"

                """
        )
    }

    @Test func saysThatAllIsWell() {
        #expect(CheckReport.render([], path: "config.json") == "config.json: no problems\n")
        #expect(
            CheckReport.json([], path: "config.json")
                == #"{"file":"config.json","errors":0,"warnings":0,"problems":[]}"# + "\n"
        )
    }

    @Test func countsInThePlural() {
        #expect(CheckReport.summary(problems + problems) == "2 errors, 2 warnings")
        #expect(CheckReport.summary([problems[1]]) == "1 warning")
        #expect(CheckReport.summary([]) == "no problems")
    }

    @Test func writesJSON() {
        #expect(
            CheckReport.json(problems, path: "config.json")
                == #"{"file":"config.json","errors":1,"warnings":1,"problems":["#
                + #"{"severity":"error","path":"$.sources[1].ipnSecret","#
                + #""message":"the environment variable X is not set"},"#
                + #"{"severity":"warning","path":"$.store","message":"is \"doubtful\""}]}"# + "\n"
        )
    }

    @Test func keepsControlCharactersFromTheTerminal() {
        let hostile = [SettingsProblem(path: "$.\u{1B}[2J", "is not a known key")]
        #expect(CheckReport.render(hostile, path: "c").contains(#"$.\u{1b}[2J  is not a known key"#))
    }
}
