// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// HyPe Initiator: a program on this machine is asked for the state of an invoice (providers.md section 5).
///
/// It never calls, so it has no hook; what it prints is read by `HyPe.read`.
package enum HyPe {
    package static let kind = ProviderKind(
        name: "hype",
        makeWatched: { source, settings in Settings(settings).map { Watcher(source: source, settings: $0) } }
    )

    /// What the merchant's invoice request said; the output repeats none of it.
    package struct Invoice: Sendable, Equatable {
        /// The merchant's invoice number, unique within a year.
        package var number: String
        package var store: String
        /// Hundredths of an Uzbek soum.
        package var totalTiyin: UInt64
        /// Date of issue as it was registered, such as `2024-05-01`.
        package var issuedOn: String

        package init(number: String, store: String, totalTiyin: UInt64, issuedOn: String) {
            self.number = number
            self.store = store
            self.totalTiyin = totalTiyin
            self.issuedOn = issuedOn
        }
    }

    /// One finished run of the program.
    package struct Run: Sendable, Equatable {
        package var exitCode: Int32
        package var timedOut: Bool
        /// Standard output, byte for byte.
        package var output: [UInt8]

        package init(exitCode: Int32, timedOut: Bool = false, output: [UInt8]) {
            self.exitCode = exitCode
            self.timedOut = timedOut
            self.output = output
        }
    }

    /// What is remembered of an invoice between two runs.
    package struct State: Sendable, Equatable {
        package var lastStatus: String?
        package var knownIdentifier: String?
        /// Transient faults since the last status.
        package var transientFaults: Int
        /// The fault that was reported since the last status.
        package var reportedFault: String?

        package init(
            lastStatus: String? = nil,
            knownIdentifier: String? = nil,
            transientFaults: Int = 0,
            reportedFault: String? = nil
        ) {
            self.lastStatus = lastStatus
            self.knownIdentifier = knownIdentifier
            self.transientFaults = transientFaults
            self.reportedFault = reportedFault
        }
    }

    /// What to do next with the invoice.
    package enum Next: String, Sendable {
        case pollAgain = "poll_again"
        /// Paid, but a refund may follow.
        case pollSlowly = "poll_slowly"
        case stop
        /// No polling of this invoice until a person releases it.
        case holdEngineer = "hold_engineer"
        /// No polling of the whole account until a person releases it.
        case holdAccount = "hold_account"
    }

    /// Why an output is not believed.
    package enum Rejection: String, Sendable {
        case noValidOutput = "no_valid_output"
        case ambiguousResult = "ambiguous_result"
        case identifierMismatch = "identifier_mismatch"
    }

    /// What one run comes to.
    package struct Reading: Sendable, Equatable {
        package enum Outcome: Sendable, Equatable {
            /// The output is believed; an event only where something changed.
            case accepted(Event?)
            case rejected(Rejection)
        }

        package var outcome: Outcome
        package var next: Next
        /// To be remembered for the next run.
        package var state: State
    }
}
