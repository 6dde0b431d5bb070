// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore

/// One poll: asked, judged by its deadline, fanned out, told.
extension Watcher {
    /// Asks the provider, unless only the deadline was waited for, and puts what follows into one record.
    nonisolated func poll(_ claimed: ClaimedWatch, _ source: WatchedSource) async -> PollRecord {
        var watch = claimed.watch
        if let newest = await newestEvent(of: source.provider.object(of: watch), at: watch.source),
            let status = newest.providerStatus
        {
            watch.memory = source.provider.memory(of: watch, afterStatus: status, of: newest.providerObjectID)
        }
        let startedAt = clock.now()
        guard watch.state == .open, watch.nextPollAt != nil || startedAt < watch.deadline else {
            return PollRecord(
                watch: watch.id,
                asked: claimed.asked,
                polledAt: nil,
                decidedAt: startedAt,
                outcome: "deadline",
                memory: watch.memory,
                next: .overdue(overdue(claimed))
            )
        }
        let answer = await source.provider.poll(watch, order: claimed.order, at: startedAt, with: tools)
        let (now, decidedAt) = (wall.now(), clock.now())
        return PollRecord(
            watch: watch.id,
            asked: claimed.asked,
            polledAt: now,
            decidedAt: decidedAt,
            outcome: answer.outcome,
            memory: answer.memory,
            next: next(answer, claimed, at: decidedAt),
            news: answer.news.map { capture($0, claimed, source, at: now) },
            relativeTo: answer.news.contains(where: \.isRelative) ? claimed.position : nil,
            deadline: answer.deadline,
            note: answer.note
        )
    }

    /// The newest event that was not late, whichever way it came.
    private nonisolated func newestEvent(of object: WatchedObject, at source: SourceID) async -> StoredEvent? {
        var query = EventQuery(provider: source.provider, source: source.id, limit: 5)
        var types = ""
        switch object {
        case .object(let id): query.object = id
        // A payment and a payout may have the same number of the merchant's.
        case .order(let order, let kind): (query.order, types) = (order, kind.rawValue + ".")
        }
        // Without an answer the provider is asked all the same; at worst it tells once more what is known.
        let events = (try? await store.events(query)) ?? []
        let withheld = EventFlag.allCases.filter(\.withholdsDelivery).map(\.rawValue)
        return events.first { event in
            event.type.hasPrefix(types) && !event.flags.contains(where: withheld.contains)
        }
    }

    /// A poll that is due at the deadline is the last one.
    private nonisolated func next(
        _ answer: PollAnswer,
        _ claimed: ClaimedWatch,
        at now: Timestamp
    ) -> PollRecord.Next {
        switch answer.next {
        case .poll where now >= answer.deadline ?? claimed.watch.deadline: .overdue(overdue(claimed))
        // Rules that name a moment in the past must not make the gateway ask without a pause.
        case .poll(let moment): .poll(at: max(moment, now + Self.shortestPause))
        case .close: .close
        case .hold(let reason): .hold(reason: reason)
        case .holdSource(let reason): .holdSource(reason: reason)
        }
    }

    private static var shortestPause: Duration { .seconds(1) }

    private nonisolated func capture(
        _ news: PollAnswer.News,
        _ claimed: ClaimedWatch,
        _ source: WatchedSource,
        at now: Timestamp
    ) -> Capture {
        var event = news.event
        event.receivedAt = now
        let order = event.merchantOrderID ?? claimed.order?.merchantOrderID
        var raw = news.raw
        if event.verification.method == "fetched", let callback = claimed.watch.callback {
            raw = RawCallback.render(callback, fetched: raw)
        }
        return capture(event.routed(to: order == nil ? claimed.shop : source.shop(order)), raw: raw)
    }

    private nonisolated func overdue(_ claimed: ClaimedWatch) -> Capture {
        let summary = ClaimedWatchSummary(
            watch: claimed.watch,
            shop: claimed.shop,
            merchantOrderID: claimed.order?.merchantOrderID
        )
        return capture(WatchOverdue.event(of: summary, at: wall.now()), raw: Array("null".utf8))
    }

    /// All deliveries go by way of the store: what is polled is rare, and places in memory belong to callbacks.
    private nonisolated func capture(_ event: Event, raw: [UInt8]) -> Capture {
        Capture(
            event: event,
            envelope: EventEnvelope.render(event),
            raw: raw,
            deliveries: FanOut.planInStore(event, for: topology.current.subscribers, at: clock.now())
        )
    }

    /// What must happen once a poll is on disk: lanes, metrics and the log learn of it.
    nonisolated func told(_ outcome: PollOutcome, _ record: PollRecord, _ claimed: ClaimedWatch) {
        let watch = claimed.watch
        for (capture, result) in zip(record.news, outcome.news) { told(result, capture) }
        if case .overdue(let capture) = record.next, let result = outcome.overdue { told(result, capture) }
        dispatcher.changes.post(.watch(record.watch))
        var metadata: Logger.Metadata = [
            "watch": "\(watch.id)", "source": "\(watch.source)",
            "outcome": "\(outcome.isOvertaken ? StoredPoll.overtaken : record.outcome)",
            "state": "\(outcome.state.rawValue)", "news": "\(outcome.news.count)",
        ]
        if outcome.isOvertaken { return log.info("poll", metadata: metadata) }
        switch record.next {
        case .holdSource(let reason) where outcome.state == .held:
            metadata["reason"] = "\(reason)"
            log.error("source is held: its watches are not polled until an operator resumes one", metadata: metadata)
        case .hold(let reason) where outcome.state == .held:
            metadata["reason"] = "\(reason)"
            log.error("watch is held until an operator resumes it", metadata: metadata)
        case .overdue where outcome.state == .overdue:
            log.warning("watch is overdue: no final event by its deadline", metadata: metadata)
        default:
            if let note = record.note { metadata["reason"] = "\(note)" }
            log.log(level: record.note == nil ? .info : .warning, "poll", metadata: metadata)
        }
    }

    private nonisolated func told(_ outcome: CaptureOutcome, _ capture: Capture) {
        if outcome == .duplicate { return }
        capture.reportOddities(to: log)
        metrics.count(capture.event)
        dispatcher.changes.post(.events)
        if case .stored = outcome { dispatcher.announced(capture.deliveries) }
    }
}
