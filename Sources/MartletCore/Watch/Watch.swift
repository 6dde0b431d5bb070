// SPDX-License-Identifier: Apache-2.0

/// Printed as `wch_` and the store's number.
package struct WatchID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }
    package var description: String { "wch_\(number)" }
    package static func < (left: WatchID, right: WatchID) -> Bool { left.number < right.number }
}

/// Where a watch stands (contract.md section 7).
package enum WatchState: String, Sendable, CaseIterable {
    /// Polled when it is due.
    case open
    /// Not polled until an operator says `resume`: the provider's advice, or a contradiction that a person must see.
    case held
    /// A final event has come, or an operator has closed it.
    case closed
    /// The deadline passed without a final event.
    case overdue
}

/// An order, invoice or payout that the gateway follows by asking its provider.
package struct Watch: Sendable, Equatable {
    /// 0 until stored.
    package var id: WatchID
    package var source: SourceID
    /// The provider's own name of what is watched, such as an order's number; unique within the source.
    package var subject: String
    /// What was registered, as one JSON object in the provider's own layout; secrets stand in `KnownOrder` instead.
    package var details: [UInt8]
    /// What the provider's rules remember between two polls, as one JSON object in their own layout.
    package var memory: [UInt8]
    package var state: WatchState
    /// Nil unless open.
    package var nextPollAt: Timestamp?
    /// Open beyond this moment it becomes overdue.
    package var deadline: Timestamp
    package var polls: Int
    /// A short word for what the newest poll came to, such as `unchanged`; nil before the first.
    package var lastOutcome: String?
    /// Why it is held, or what hindered its newest poll; for a person.
    package var note: String?
    package var createdAt: Timestamp
    /// The callback that said "go and look" and waits for an answer; known only while the watch is in hand.
    package var callback: Callback?

    package init(
        id: WatchID = WatchID(number: 0),
        source: SourceID,
        subject: String,
        details: [UInt8],
        memory: [UInt8] = Array("{}".utf8),
        state: WatchState = .open,
        nextPollAt: Timestamp?,
        deadline: Timestamp,
        polls: Int = 0,
        lastOutcome: String? = nil,
        note: String? = nil,
        createdAt: Timestamp
    ) {
        self.id = id
        self.source = source
        self.subject = subject
        self.details = details
        self.memory = memory
        self.state = state
        self.nextPollAt = nextPollAt
        self.deadline = deadline
        self.polls = polls
        self.lastOutcome = lastOutcome
        self.note = note
        self.createdAt = createdAt
    }
}

/// A watch that is about to be stored, with the order that verifies its notifications, if the provider has such.
package struct WatchPlan: Sendable, Equatable {
    package var watch: Watch
    package var order: KnownOrder?
    /// The merchant's own number, where it is what the provider is asked by; it tells the shop.
    package var merchantOrderID: String?

    package init(watch: Watch, order: KnownOrder? = nil, merchantOrderID: String? = nil) {
        self.watch = watch
        self.order = order
        self.merchantOrderID = merchantOrderID
    }
}

/// What one poll came to.
package struct PollAnswer: Sendable, Equatable {
    /// What is to be done with the watch.
    package enum Next: Sendable, Equatable {
        case poll(at: Timestamp)
        /// A final event has been learned, or nothing further can come.
        case close
        /// No more polls of this watch until an operator resumes it.
        case hold(reason: String)
        /// No more polls of the whole source until an operator resumes it.
        case holdSource(reason: String)
    }

    /// One change with the answer that said it, as one JSON value.
    package struct News: Sendable, Equatable {
        package var event: Event
        package var raw: [UInt8]
        /// It is news only against what was known when the provider was asked.
        ///
        /// A notification that is stored before the answer is may have told the same under another id, or something
        /// newer; then the answer counts for nothing and the provider is asked again.
        package var isRelative: Bool

        package init(event: Event, raw: [UInt8], isRelative: Bool = false) {
            self.event = event
            self.raw = raw
            self.isRelative = isRelative
        }
    }

    package var news: [News]
    /// Replaces `Watch.memory`.
    package var memory: [UInt8]
    /// A short word from a bounded set, such as `unchanged`, `paid` or `timeout`.
    package var outcome: String
    package var next: Next
    /// Replaces `Watch.deadline`; nil leaves it as it is.
    package var deadline: Timestamp?
    /// What hindered the poll and what to do, for a person; without secrets, and nil where nothing needs a person.
    package var note: String?

    package init(
        news: [News] = [],
        memory: [UInt8],
        outcome: String,
        next: Next,
        deadline: Timestamp? = nil,
        note: String? = nil
    ) {
        self.news = news
        self.memory = memory
        self.outcome = outcome
        self.next = next
        self.deadline = deadline
        self.note = note
    }
}

/// The rules by which one source's orders are watched (providers.md sections 3.7, 4.7, 5 and 6.6).
package protocol WatchedProvider: Sendable {
    var source: SourceID { get }

    /// Reads a registration (contract.md section 7) and says what to store.
    ///
    /// - Throws: `RegistrationRefusal` with every problem.
    func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan

    /// Asks the provider once; every failure is an answer that says when to ask again.
    ///
    /// `order`: what `WatchPlan.order` stored, with its secrets.
    func poll(_ watch: Watch, order: KnownOrder?, at now: Timestamp, with tools: PollTools) async -> PollAnswer

    /// What is watched, as its events name it.
    func object(of watch: Watch) -> WatchedObject

    /// The watch's memory once a notification has brought that status, so that the next poll does not tell it again.
    ///
    /// `object`: the provider's number of what the notification was about, which need not be what is watched where a
    /// merchant's number was given twice.
    func memory(of watch: Watch, afterStatus status: String, of object: String?) -> [UInt8]

    /// Outcomes of polls that failed, after each of which the provider's pauses grow (`PollAnswer.outcome`).
    var failureOutcomes: Set<String> { get }

    /// What would keep any poll from asking, found without asking and for a person; looked for at start and reload.
    func obstacle(with tools: PollTools) async -> String?

    /// Takes over what the rules of the same source before a reload remember beside the watches; called before any poll.
    func takeOver(from former: any WatchedProvider)
}

extension WatchedProvider {
    /// The subject is the provider's number, by default.
    package func object(of watch: Watch) -> WatchedObject { .object(watch.subject) }

    /// Unchanged: for providers whose polls make the same event as their notifications.
    package func memory(of watch: Watch, afterStatus status: String, of object: String?) -> [UInt8] { watch.memory }

    /// None, by default.
    package var failureOutcomes: Set<String> { [] }

    /// None, by default.
    package func obstacle(with tools: PollTools) async -> String? { nil }

    /// Nothing, by default.
    package func takeOver(from former: any WatchedProvider) {}
}

/// By what the events of a watch are found.
package enum WatchedObject: Sendable, Equatable {
    /// The provider's number (`Event.providerObjectID`).
    case object(String)
    /// The merchant's number, of payments or of payouts.
    case order(String, ObjectKind)
}

/// What a poll asks with.
package struct PollTools: Sendable {
    package var transport: any Transport
    package var programs: any ProgramRunner

    package init(transport: any Transport, programs: any ProgramRunner) {
        self.transport = transport
        self.programs = programs
    }
}

/// A registration that cannot be accepted; nothing was stored.
package struct RegistrationRefusal: Error, Sendable, Equatable {
    package struct Problem: Sendable, Equatable {
        /// The member, such as `orderId`.
        package var field: String
        /// The rule and the remedy.
        package var message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    package var problems: [Problem]
    package init(_ problems: [Problem]) { self.problems = problems }
}

/// Runs a program on this machine.
package protocol ProgramRunner: Sendable {
    /// Starts the program directly, never through a shell, and waits for its end or its limits; never throws.
    func run(_ program: ProgramRun) async -> ProgramOutcome

    /// Why a run would not start, without making it; nil if it would.
    func obstacle(to program: ProgramRun) async -> ProgramOutcome?
}

extension ProgramRunner {
    /// None known.
    package func obstacle(to program: ProgramRun) async -> ProgramOutcome? { nil }
}

/// One run of a program.
package struct ProgramRun: Sendable, Equatable {
    /// The program's path or name, then its arguments.
    package var command: [String]
    package var input: [UInt8]
    /// The whole environment.
    package var environment: [String: String]
    /// Another user to run as; nil for the gateway's own.
    package var user: String?
    package var timeLimit: Duration
    /// Bytes of standard output; more ends the run.
    package var outputLimit: Int
    /// The SHA-256 that the program's file must have; nil for any.
    package var digest: [UInt8]?

    package init(
        command: [String],
        input: [UInt8],
        environment: [String: String] = [:],
        user: String? = nil,
        timeLimit: Duration = .seconds(30),
        outputLimit: Int = 65_536,
        digest: [UInt8]? = nil
    ) {
        self.command = command
        self.input = input
        self.environment = environment
        self.user = user
        self.timeLimit = timeLimit
        self.outputLimit = outputLimit
        self.digest = digest
    }
}

/// How a run ended.
package enum ProgramOutcome: Sendable, Equatable {
    /// By itself; 128 and the signal's number where a signal ended it.
    case ended(exitCode: Int32, output: [UInt8])
    case timedOut(output: [UInt8])
    case tooMuchOutput
    /// It could not be started; the reason, for a person.
    case notStarted(String)
    /// It was not started: the file of that path has another SHA-256 than the run asks for.
    case wrongDigest(program: String, found: [UInt8])
}
