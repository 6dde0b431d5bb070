// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire
import Synchronization

extension HyPe {
    /// Follows the invoices of one source by running its program (providers.md sections 5.5 to 5.7).
    package final class Watcher: WatchedProvider {
        package let source: SourceID
        package let settings: Settings
        /// The newest invoice with `bad_signature`: one before it within 10 minutes already held the account.
        private let badSignature = Mutex<(subject: String, at: Timestamp)?>(nil)

        package init(source: SourceID, settings: Settings) {
            self.source = source
            self.settings = settings
        }

        /// A reload between two invoices with `bad_signature` does not part them; a restart does.
        package func takeOver(from former: any WatchedProvider) {
            guard let former = former as? Watcher else { return }
            let newest = former.badSignature.withLock { $0 }
            badSignature.withLock { $0 = newest }
        }

        package func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
            let registered = try Registered(registration: registration)
            return WatchPlan(
                watch: Watch(
                    source: source,
                    subject: registered.subject,
                    details: registered.details,
                    memory: Memory().json,
                    nextPollAt: now,
                    deadline: now + HyPe.unpaidWatch,
                    createdAt: now
                ),
                merchantOrderID: registered.invoice.number
            )
        }

        package func poll(
            _ watch: Watch,
            order: KnownOrder?,
            at now: Timestamp,
            with tools: PollTools
        ) async -> PollAnswer {
            guard let registered = Registered(details: watch.details) else {
                return PollAnswer(
                    memory: watch.memory,
                    outcome: "damaged",
                    next: .hold(reason: "what was registered is damaged in the store; register the invoice again")
                )
            }
            let outcome = await tools.programs.run(run(on: registered.autofeed))
            if case .wrongDigest = outcome {
                let reason = Self.note(outcome) ?? ""
                return PollAnswer(memory: watch.memory, outcome: Self.word(outcome), next: .holdSource(reason: reason))
            }
            var memory = Memory(watch.memory)
            // A clock that ran ahead must not make the time for refunds last until its own has come.
            memory.paidAt = memory.paidAt.map { min($0, now) }
            guard case .ended(let exitCode, let output) = outcome else {
                memory.failures += 1
                var answer = again(watch, memory, outcome: Self.word(outcome), at: now)
                answer.note = Self.note(outcome)
                return answer
            }
            let run = Run(exitCode: exitCode, output: output)
            let reading = HyPe.read(
                run,
                invoice: registered.invoice,
                state: memory.state,
                source: source,
                receivedAt: now
            )
            return answer(watch, reading, memory, run: run, at: now)
        }

        package func obstacle(with tools: PollTools) async -> String? {
            await tools.programs.obstacle(to: run(on: [])).flatMap { Self.note($0) }
        }

        private func run(on autofeed: [UInt8]) -> ProgramRun {
            ProgramRun(
                command: settings.command,
                input: autofeed,
                environment: settings.environment,
                user: settings.user,
                timeLimit: settings.timeLimit,
                outputLimit: HyPe.outputLimit,
                digest: settings.commandDigest
            )
        }

        private func answer(
            _ watch: Watch,
            _ reading: Reading,
            _ before: Memory,
            run: Run,
            at now: Timestamp
        ) -> PollAnswer {
            var memory = before
            memory.state = reading.state
            guard case .accepted(let event) = reading.outcome else {
                memory.failures += 1
                let outcome = Self.word(reading)
                guard reading.next == .holdEngineer else {
                    var answer = again(watch, memory, outcome: outcome, at: now)
                    answer.note = Self.note(disbelieved: run)
                    return answer
                }
                let reason = "the program answered for another transaction; find out which, then resume"
                return PollAnswer(memory: memory.json, outcome: outcome, next: .hold(reason: reason))
            }
            let news = HyPe.News(run.output)
            if case .status = news { memory.failures = 0 } else { memory.failures += 1 }
            if memory.state.lastStatus == "completed_success", memory.paidAt == nil { memory.paidAt = now }
            var answer = again(watch, memory, outcome: Self.word(news, isNew: event != nil), at: now)
            answer.news = event.map { [PollAnswer.News(event: $0, raw: run.output)] } ?? []
            switch reading.next {
            case .pollAgain, .pollSlowly: break
            case .stop: answer.next = .close
            case .holdEngineer: answer.next = hold(watch, news, at: now)
            case .holdAccount: answer.next = .holdSource(reason: Self.advice(news))
            }
            return answer
        }

        /// Polls on, unless the time for refunds is over.
        ///
        /// Once paid, the watch ends with that time; before, the deadline is what the registration said.
        private func again(_ watch: Watch, _ memory: Memory, outcome: String, at now: Timestamp) -> PollAnswer {
            var next = PollAnswer.Next.poll(
                at: HyPe.nextPoll(after: now, registeredAt: watch.createdAt, memory: memory)
            )
            let end = memory.paidAt.map { $0 + HyPe.refundWatch }
            if let end, now >= end { next = .close }
            return PollAnswer(memory: memory.json, outcome: outcome, next: next, deadline: end)
        }

        private func hold(_ watch: Watch, _ news: News?, at now: Timestamp) -> PollAnswer.Next {
            guard news == .fault("bad_signature") else { return .hold(reason: Self.advice(news)) }
            let isSecond = badSignature.withLock { newest in
                defer { newest = (watch.subject, now) }
                guard let newest else { return false }
                return newest.subject != watch.subject && now - newest.at <= .seconds(600)
            }
            guard isSecond else { return .hold(reason: Self.advice(news)) }
            return .holdSource(reason: "two invoices within 10 minutes: " + Self.advice(news))
        }

        private static func advice(_ news: News?) -> String {
            switch news {
            case .fault("bad_signature"):
                "bad_signature: our signature is damaged, invalid or not registered; mend it, then resume"
            case .fault("user_disabled"): "user_disabled: the account is suspended; settle it with HyPe, then resume"
            case .fault("resource_not_found"):
                "resource_not_found: wrong endpoint or no such transaction; correct the settings, then resume"
            default: "the program contradicts its protocol; update it, report it to HyPe, then resume"
            }
        }
    }
}

/// What hinders a run and what to do, for `PollAnswer.note`; never anything that the program printed.
extension HyPe.Watcher {
    /// Characters of the runner's reason, which names the program and the user.
    private static var reasonLimit: Int { 300 }

    private static func note(_ outcome: ProgramOutcome) -> String? {
        switch outcome {
        case .ended: nil
        case .timedOut: "the program did not end within timeLimit and was killed"
        case .tooMuchOutput: "the program printed more than \(HyPe.outputLimit) bytes and was killed"
        case .wrongDigest(let program, let found):
            "the program \(program) has the digest sha256:\(Hex.encode(found)), not the one of commandDigest; if it was "
                + "updated on purpose, change commandDigest, reload and resume; otherwise find out who changed it"
        case .notStarted(let reason):
            "the program did not start: \((reason.split(whereSeparator: \.isNewline).first ?? "").prefix(reasonLimit))"
        }
    }

    private static func note(disbelieved run: HyPe.Run) -> String {
        "the program ended with exit code \(run.exitCode) and without a result that is to be believed; "
            + "run it by hand as the same user"
    }
}

/// Words for `PollAnswer.outcome`, all from bounded sets.
extension HyPe.Watcher {
    private static func word(_ outcome: ProgramOutcome) -> String {
        switch outcome {
        case .ended: "ended"
        case .timedOut: "timeout"
        case .tooMuchOutput: "too_much_output"
        case .notStarted: "not_started"
        case .wrongDigest: "wrong_digest"
        }
    }

    private static func word(_ reading: HyPe.Reading) -> String {
        if case .rejected(let reason) = reading.outcome { return reason.rawValue }
        return "unchanged"
    }

    private static func word(_ news: HyPe.News?, isNew: Bool) -> String {
        switch news {
        case .fault(let fault): HyPe.faults[fault] == nil ? "unknown_fault" : fault
        case .status("undeterminable"): "undeterminable"
        case .status(let status) where isNew: HyPe.statuses[status] == nil ? "unrecognised" : status
        default: "unchanged"
        }
    }
}
