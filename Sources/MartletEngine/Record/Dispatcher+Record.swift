// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import MartletWire
import Synchronization

extension Dispatcher {
    /// Decides what follows an attempt.
    ///
    /// Called on the transport's queue.
    nonisolated func attemptEnded(
        _ delivery: ClaimedDelivery,
        number: Int,
        endpoint: Endpoint,
        _ result: AttemptResult
    ) {
        if isAbandoning.load(ordering: .relaxed) { return }
        let now = clock.now()
        let record = AttemptRecord(
            delivery: delivery.id,
            endpoint: endpoint.id,
            number: number,
            result: result,
            next: endpoint.schedule.next(
                after: result,
                number: number - delivery.scheduleFrom,
                at: now,
                wall: wall.now(),
                unit: random.unit()
            ),
            lane: delivery.lane,
            decidedAt: now
        )
        metrics.attempts.increment([endpoint.id.rawValue, result.outcome.label])
        metrics.attemptSeconds.observe(result.duration)
        logAttempt(record, of: delivery)
        post(.attemptEnded(record, dead: death(of: delivery, record)))
    }

    /// What subscribers are told of a delivery that is given up; nothing of one that was itself such news.
    private nonisolated func death(of delivery: ClaimedDelivery, _ record: AttemptRecord) -> OperationalEvent? {
        guard record.next == .dead, !delivery.isOperational else { return nil }
        return OperationalEvent(
            news: .deliveryDead(
                delivery.id,
                of: delivery.eventID,
                for: delivery.endpoint,
                attempts: record.number,
                outcome: record.result.outcome.label
            ),
            at: wall.now()
        )
    }

    /// Writes until it is written: a store in trouble must not make attempts forgotten.
    ///
    /// Until then the deliveries keep their places in the lane, so that the lane stops by itself while the store does
    /// not take records.
    nonisolated func write(_ records: [AttemptRecord], announcing news: [Capture]) {
        store.record(records, announcing: news) { [self] result in
            switch result {
            case .success, .failure(.closed):
                post(.recorded(records, announced: news.flatMap(\.deliveries)))
                changes.post(.attempts(records))
                if !news.isEmpty { changes.post(.events) }
            case .failure(let error):
                log.error(
                    "attempts not recorded, trying again",
                    metadata: ["attempts": "\(records.count)", "error": "\(error.label)", "detail": "\(error)"]
                )
                _ = clock.schedule(at: clock.now() + .seconds(1), on: executor.queue) { [self] in
                    write(records, announcing: news)
                }
            }
        }
    }

    /// One wide line for each attempt.
    private nonisolated func logAttempt(_ record: AttemptRecord, of delivery: ClaimedDelivery) {
        let level: Logger.Level = record.result.outcome.isSuccess ? .info : .notice
        guard log.logLevel <= level else { return }
        let fields = AttemptFields(record: record, event: delivery.eventID, trace: delivery.trace)
        log.log(level: level, "attempt", metadata: ["attempt": .stringConvertible(fields)])
    }
}

/// What an attempt's line says.
private struct AttemptFields: LogFields {
    let record: AttemptRecord
    let event: EventID
    /// Nil: the event's own.
    let trace: TraceContext?

    func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        body("delivery", record.delivery.description)
        body("event", event.rawValue)
        body("trace_id", (trace ?? TraceContext(of: event)).id)
        body("endpoint", record.endpoint.rawValue)
        body("attempt", String(record.number))
        body("outcome", record.result.outcome.label)
        if case .answered(let status) = record.result.outcome { body("status", String(status)) }
        body("ms", String(record.result.duration.wholeMilliseconds))
        switch record.next {
        case .delivered: body("next", "delivered")
        case .retry(let moment): body("next", "retry at \(moment.rfc3339)")
        case .postponed(let moment): body("next", "postponed to \(moment.rfc3339)")
        case .dead: body("next", "dead")
        }
        if let detail = record.result.detail { body("detail", detail) }
    }
}
