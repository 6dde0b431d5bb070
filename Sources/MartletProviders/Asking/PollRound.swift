// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// What is remembered of a watch from poll to poll.
struct PollMemory: Sendable, Equatable {
    /// What the newest change that was learned is known by: a status, or a dedupe key.
    var last: String?
    /// The status of the newest event, whichever way it came.
    var known: String?
    /// The provider's number of what that event was about.
    var knownObject: String?
    /// Polls in a row that taught nothing.
    var failures = 0
    /// Why the newest of them failed.
    var cause: String?
    /// Answers in a row that the provider does not know the order.
    var misses = 0

    init() {}

    /// Memory that cannot be read is none: at worst a change is learned twice, and found to be a duplicate.
    init(_ bytes: [UInt8]) {
        guard let object = try? JSONReader.readObject(bytes).object else { return }
        last = object["last"]?.string
        known = object["known"]?.string
        knownObject = object["knownObject"]?.string
        failures = max(0, object["failures"]?.textOrDigits.flatMap { Int($0) } ?? 0)
        cause = object["cause"]?.string
        misses = max(0, object["misses"]?.textOrDigits.flatMap { Int($0) } ?? 0)
    }

    var bytes: [UInt8] {
        var json = JSONWriter(capacity: 96)
        json.beginObject()
        if let last { json.member("last", last) }
        if let known { json.member("known", known) }
        if let knownObject { json.member("knownObject", knownObject) }
        if failures > 0 { json.member("failures", integer: Int64(failures)) }
        if let cause { json.member("cause", cause) }
        if misses > 0 { json.member("misses", integer: Int64(misses)) }
        json.endObject()
        return json.bytes
    }
}

/// One poll of one watch: turns what was learned into the answer for the engine.
struct PollRound {
    let watch: Watch
    let now: Timestamp
    let schedule: PollSchedule
    let gate: AskGate
    var memory: PollMemory

    init(_ watch: Watch, at now: Timestamp, on schedule: PollSchedule, through gate: AskGate) {
        self.watch = watch
        self.now = now
        self.schedule = schedule
        self.gate = gate
        memory = PollMemory(watch.memory)
    }

    /// Nil if the provider may be asked now.
    func turnedAway() -> PollAnswer? {
        guard let moment = gate.enter(at: now) else { return nil }
        return PollAnswer(memory: watch.memory, outcome: "deferred", next: .poll(at: moment))
    }

    /// The answer was read; a change is news unless it is the newest one known.
    ///
    /// `mark` is what the change is known by in the memory; `isOver` says that nothing further can come, although the
    /// event is not final. `isRelative`: as in `PollAnswer.News`.
    func learned(
        _ event: Event,
        mark: String,
        raw: [UInt8],
        isOver: Bool = false,
        isRelative: Bool = false
    ) -> PollAnswer {
        var memory = PollMemory()
        memory.last = mark
        let isNews = self.memory.last != mark
        let ends = isOver || event.finality == .final
        return PollAnswer(
            news: isNews ? [PollAnswer.News(event: event, raw: raw, isRelative: isRelative)] : [],
            memory: memory.bytes,
            outcome: isNews ? Self.word(event.type) : "unchanged",
            next: ends ? .close : .poll(at: schedule.next(after: now, since: watch.createdAt))
        )
    }

    func unchanged() -> PollAnswer {
        var memory = PollMemory()
        memory.last = self.memory.last
        let next = schedule.next(after: now, since: watch.createdAt)
        return PollAnswer(memory: memory.bytes, outcome: "unchanged", next: .poll(at: next))
    }

    /// Nothing was learned; the pauses grow and the provider's own wish holds for the whole source.
    ///
    /// `outcome`: the problem's own word by default.
    func failed(_ problem: AskProblem, retryAfter: Duration? = nil, outcome: String? = nil) -> PollAnswer {
        if let retryAfter { gate.pause(until: now + retryAfter) }
        var memory = memory
        memory.failures = min(memory.failures + 1, 1_000_000)
        memory.cause = problem.rawValue
        let next = schedule.next(
            after: now,
            since: watch.createdAt,
            failures: memory.failures,
            retryAfter: retryAfter
        )
        return PollAnswer(memory: memory.bytes, outcome: outcome ?? problem.rawValue, next: .poll(at: next))
    }

    /// A person must look; `outcome` is `order_mismatch` or `not_configured`.
    func held(_ reason: String, outcome: String) -> PollAnswer {
        PollAnswer(memory: memory.bytes, outcome: outcome, next: .hold(reason: reason))
    }

    /// `paid` for `payment.paid`.
    private static func word(_ type: EventType) -> String {
        String(type.rawValue.split(separator: ".", maxSplits: 1).last ?? "changed")
    }
}
