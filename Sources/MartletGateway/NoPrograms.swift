// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Runs nothing; a poll that needs a program says so and is tried again on its schedule.
package struct NoPrograms: ProgramRunner {
    package init() {}

    package func run(_ program: ProgramRun) async -> ProgramOutcome {
        .notStarted("this gateway was built without a way to run programs")
    }
}
