// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension HyPe {
    /// The most that a run may print; more counts as no valid output.
    package static let outputLimit = 64 << 10
    /// So many transient faults in a row are reported once.
    static let transientFaultLimit = 12

    /// Reads one run; the caller runs the program and keeps the state (providers.md section 5.6).
    package static func read(
        _ run: Run,
        invoice: Invoice,
        state: State,
        source: SourceID,
        receivedAt: Timestamp
    ) -> Reading {
        guard !run.timedOut, run.output.count <= outputLimit, let output = try? JSONReader.readObject(run.output).object
        else { return Reading(outcome: .rejected(.noValidOutput), next: .pollAgain, state: state) }
        let ambiguous = Reading(outcome: .rejected(.ambiguousResult), next: .pollAgain, state: state)
        guard let result = Result(output) else { return ambiguous }
        // A wrong success would cost money, a repeat costs nothing; a fault is believed whatever the exit code.
        if case .status = result.news, run.exitCode != 0 { return ambiguous }
        if let identifier = result.identifier, let known = state.knownIdentifier, identifier != known {
            return Reading(outcome: .rejected(.identifierMismatch), next: .holdEngineer, state: state)
        }
        var state = state
        state.knownIdentifier = state.knownIdentifier ?? result.identifier
        let draft = Draft(invoice: invoice, source: source, identifier: state.knownIdentifier, receivedAt: receivedAt)
        switch result.news {
        case .status(let status): return read(status: status, state: state, draft: draft)
        case .fault(let fault): return read(fault: fault, state: state, draft: draft)
        }
    }

    private static func read(status: String, state: State, draft: Draft) -> Reading {
        var state = state
        state.transientFaults = 0
        state.reportedFault = nil
        let row = statuses[status] ?? StatusRow(StatusMeaning(.paymentUnrecognised), .pollAgain)
        guard let meaning = row.meaning, status != state.lastStatus else {
            return Reading(outcome: .accepted(nil), next: row.next, state: state)
        }
        state.lastStatus = status
        var event = draft.event(meaning, change: status, providerStatus: status)
        if meaning.type == .providerFault { event.failureReason = "engineering" }
        return Reading(outcome: .accepted(event), next: row.next, state: state)
    }

    private static func read(fault: String, state: State, draft: Draft) -> Reading {
        var state = state
        let row = faults[fault] ?? FaultRow("transient+engineering", .pollAgain, isTransient: false)
        var isDue = fault != state.reportedFault
        if row.isTransient {
            state.transientFaults += 1
            isDue = state.transientFaults == transientFaultLimit
        }
        guard isDue else { return Reading(outcome: .accepted(nil), next: row.next, state: state) }
        state.reportedFault = fault
        var event = draft.event(
            StatusMeaning(.providerFault, detail: fault),
            change: "fault:\(fault)",
            providerStatus: state.lastStatus
        )
        event.failureReason = row.failureClass
        return Reading(outcome: .accepted(event), next: row.next, state: state)
    }

    /// The one thing that an output says.
    enum News: Equatable {
        case status(String)
        case fault(String)

        /// Nil unless the output is one that is to be believed.
        init?(_ output: [UInt8]) {
            guard let object = try? JSONReader.readObject(output).object, let result = Result(object) else {
                return nil
            }
            self = result.news
        }
    }

    private struct Result {
        let news: News
        /// Nil while the provider leaves it empty.
        let identifier: String?

        /// Nil unless there is exactly one of `status` and `fault`, as text, and any `identifier` is text.
        init?(_ output: JSONObject) {
            switch (output["status"], output["fault"]) {
            case (.string(let status), nil) where !status.isEmpty: news = .status(status)
            case (nil, .string(let fault)) where !fault.isEmpty: news = .fault(fault)
            default: return nil
            }
            switch output["identifier"] {
            case nil, .null, .string(""): identifier = nil
            case .string(let text): identifier = text
            default: return nil
            }
        }
    }

    /// What every event of an invoice shares.
    private struct Draft {
        let invoice: Invoice
        let source: SourceID
        let identifier: String?
        let receivedAt: Timestamp

        func event(_ meaning: StatusMeaning, change: String, providerStatus: String?) -> Event {
            // The date is part of it since numbers may be used again after a year.
            let objectKey = "invoice:\(invoice.number)@\(invoice.issuedOn)"
            let dedupeKey = "\(objectKey):\(change)"
            return Event(
                id: .make(source: source, dedupeKey: dedupeKey),
                type: meaning.type,
                detail: meaning.detail,
                source: source,
                finality: meaning.finality,
                providerStatus: providerStatus,
                merchantOrderID: invoice.number,
                providerObjectID: identifier,
                providerRefs: [ProviderRef("store", invoice.store)],
                money: Money(ordered: Amount(DecimalText(units: invoice.totalTiyin, scale: 2), "UZS")),
                receivedAt: receivedAt,
                verification: Verification(method: "polled"),
                dedupeKey: dedupeKey,
                objectKey: objectKey
            )
        }
    }
}
