// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import Testing

@testable import MartletEngine

/// When a list is compared, and with which window.
struct SweepPlanTests {
    private static let source = SourceID(provider: "cryptomus", id: "main")
    private static let time = DailyTime("03:30")

    private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    private static func page(_ next: String?) -> ListedPage { ListedPage(objects: [], rows: 10, next: next) }

    @Test(arguments: [
        ("00:00", "2026-11-21T19:00:00Z", "2026-11-22T00:00:00Z"),
        ("03:30", "2026-11-21T03:29:59Z", "2026-11-21T03:30:00Z"),
        ("03:30", "2026-11-21T03:30:00Z", "2026-11-22T03:30:00Z"),
        ("23:59", "1969-12-31T23:59:30Z", "1970-01-01T23:59:00Z"),
    ])
    func comesOnceADay(_ time: String, _ after: String, _ next: String) throws {
        let daily = try #require(DailyTime(time))
        #expect(daily.description == time)
        #expect(daily.next(after: try Self.moment(after)) == (try Self.moment(next)))
    }

    @Test(arguments: ["", "3:30", "03:60", "24:00", "0330", "03:30:00", "-1:30", "+3:30"])
    func readsNoOtherTime(_ text: String) { #expect(DailyTime(text) == nil) }

    @Test func looksBackTwoDaysAndNeverFurtherThanTheBeginning() throws {
        let time = try #require(Self.time)
        let start = try Self.moment("2026-11-21T19:00:00Z")
        var record = SweepRecord(source: Self.source, since: start)
        var now = record.due(at: time)
        #expect(now == (try Self.moment("2026-11-22T03:30:00Z")))
        record.begin(at: now)
        #expect(record.run?.since == start, "what was before the source is not its news")
        let isOver = record.took(Self.page(nil), missed: 0, at: now + .seconds(5))
        #expect(isOver)
        #expect(record.due(at: time) == now + .seconds(86_400))
        // A gateway that was down when it was due sweeps at once, and sees what came meanwhile.
        for days in [1, 5, 60] as [Int64] {
            let before = now
            now = now + .seconds(days * 86_400)
            #expect(record.due(at: time) <= now)
            record.begin(at: now)
            let expected = max(
                start,
                [now - .seconds(30 * 86_400), min(now - .seconds(2 * 86_400), before - .seconds(86_400))].max() ?? now
            )
            #expect(record.run?.since == expected && record.run?.until == now, "after \(days) days")
            let isOver = record.took(Self.page(nil), missed: 0, at: now)
            #expect(isOver)
        }
    }

    @Test func manyPagesArePausedAfterAndGoneOnWith() throws {
        let now = try Self.moment("2026-11-22T03:30:00Z")
        var record = SweepRecord(source: Self.source, since: now - .seconds(864_000))
        record.begin(at: now)
        for number in 1...100 {
            #expect(try record.due(at: #require(Self.time)) == now)
            let isOver = record.took(Self.page("payment:\(number)"), missed: number % 10 == 0 ? 1 : 0, at: now)
            #expect(!isOver)
        }
        #expect(try record.due(at: #require(Self.time)) == now + .seconds(600))
        record.begin(at: now + .seconds(600))
        #expect(record.run?.cursor == "payment:100" && record.run?.startedAt == now)
        let isOver = record.took(Self.page("payment:100"), missed: 0, at: now)
        #expect(isOver, "a cursor that stands still is the end")
        #expect(record.last?.counts == SweepRecord.Counts(pages: 101, rows: 1010, missed: 10))
    }

    @Test func aRunThatFailsForADayIsBegunAnew() throws {
        let now = try Self.moment("2026-11-22T03:30:00Z")
        var record = SweepRecord(source: Self.source, since: now - .seconds(864_000))
        record.begin(at: now)
        _ = record.took(Self.page("payment:1"), missed: 1, at: now)
        record.failed("timeout", pause: .seconds(90), at: now)
        #expect(try record.due(at: #require(Self.time)) == now + .seconds(90))
        #expect(record.lastOutcome == "timeout" && record.run?.failures == 1)
        record.failed("http_4xx", pause: .seconds(864_000), at: now)
        #expect(try record.due(at: #require(Self.time)) == now + .seconds(86_400), "the next day at the latest")
        let run = record.run
        record.begin(at: now + .seconds(86_399))
        #expect(record.run == run)
        record.begin(at: now + .seconds(86_400))
        #expect(record.run?.cursor == nil && record.run?.counts == SweepRecord.Counts())
        record.deferred(.seconds(2), at: now)
        #expect(try record.due(at: #require(Self.time)) == now + .seconds(2))
    }

    @Test func aClockThatRanAheadKeepsNoSweepWaiting() throws {
        let time = try #require(Self.time)
        let now = try Self.moment("2026-11-22T12:00:00Z")
        let ahead = now + .seconds(400 * 86_400)
        let start = now - .seconds(90 * 86_400)
        func clamped(_ record: SweepRecord) -> SweepRecord {
            var record = record
            let isChanged = record.clamp(to: now)
            #expect(isChanged)
            let once = record
            let again = record.clamp(to: now)
            #expect(!again && record == once, "once is enough")
            return record
        }
        // A run that such a clock has ended: its window was not the days that matter.
        var ended = SweepRecord(source: Self.source, since: start)
        ended.begin(at: ahead)
        _ = ended.took(Self.page(nil), missed: 0, at: ahead)
        ended = clamped(ended)
        #expect(ended.due(at: time) == now && ended.last == nil)
        #expect(ended.run?.since == now - SweepRecord.longestWindow && ended.run?.until == now)
        // One that it has begun.
        var begun = SweepRecord(source: Self.source, since: start)
        begun.begin(at: ahead)
        _ = begun.took(Self.page("payment:1"), missed: 0, at: ahead)
        begun = clamped(begun)
        #expect(begun.due(at: time) == now && begun.run?.cursor == nil)
        // A pause that it has dated in a run of before.
        var paused = SweepRecord(source: Self.source, since: start)
        paused.begin(at: now - .seconds(60))
        paused.failed("timeout", pause: .seconds(90), at: ahead)
        paused = clamped(paused)
        #expect(paused.due(at: time) == now && paused.run?.startedAt == now - .seconds(60))
        // A source that was first seen then: what is its news from now on is news.
        var fresh = clamped(SweepRecord(source: Self.source, since: ahead))
        #expect(fresh.since == now && fresh.due(at: time) <= now + .seconds(86_400))
        fresh.begin(at: now)
        #expect(fresh.run?.since == now)
        // Everyday corrections change nothing, nor does a clock that went ahead.
        var usual = SweepRecord(source: Self.source, since: start)
        usual.begin(at: now + .seconds(5))
        _ = usual.took(Self.page(nil), missed: 0, at: now + .seconds(9))
        for moment in [now, now + .seconds(9), ahead] {
            let isChanged = usual.clamp(to: moment)
            #expect(!isChanged)
        }
    }
}
