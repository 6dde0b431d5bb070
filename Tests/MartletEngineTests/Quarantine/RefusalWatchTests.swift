// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@testable import MartletEngine

struct RefusalWatchTests {
    private let source = SourceID(provider: "cryptomus", id: "main")
    private let start = Samples.now

    /// Notes so many of a kind at one moment; returns the warnings.
    private func note(
        _ count: Int,
        _ verdict: RefusalWatch.Verdict,
        at moment: Timestamp,
        of source: SourceID? = nil,
        in watch: inout RefusalWatch
    ) -> [RefusalWatch.Warning] {
        (0..<count).compactMap { _ in watch.note(verdict, of: source ?? self.source, at: moment) }
    }

    @Test func warnsAtTheTwentiethRefusalAndNamesTheUsualReason() {
        var watch = RefusalWatch()
        #expect(note(4, .refused(.staleTimestamp), at: start, in: &watch).isEmpty)
        #expect(note(15, .refused(.badSignature), at: start, in: &watch).isEmpty)
        let warnings = note(5, .refused(.badSignature), at: start, in: &watch)
        #expect(warnings == [.init(refused: 20, accepted: 0, reason: .badSignature)])
        #expect(warnings.first?.advice.contains("secret") == true)
    }

    @Test func isQuietWhileMostIsAccepted() {
        var watch = RefusalWatch()
        #expect(note(30, .accepted, at: start, in: &watch).isEmpty)
        #expect(note(30, .refused(.badSignature), at: start, in: &watch).isEmpty)
        #expect(note(1, .refused(.badSignature), at: start, in: &watch).count == 1)
    }

    @Test func forgetsWhatIsOlderThanFiveMinutes() {
        var watch = RefusalWatch()
        #expect(note(19, .refused(.badSignature), at: start, in: &watch).isEmpty)
        #expect(note(19, .refused(.badSignature), at: start + .seconds(300), in: &watch).isEmpty)
        #expect(note(1, .refused(.badSignature), at: start + .seconds(330), in: &watch).count == 1)
    }

    @Test func warnsOnceAnHourForEachSource() {
        var watch = RefusalWatch()
        let other = SourceID(provider: "cryptomus", id: "other")
        #expect(note(500, .refused(.badSignature), at: start, in: &watch).count == 1)
        #expect(note(20, .refused(.forbiddenSource), at: start, of: other, in: &watch).count == 1)
        #expect(note(50, .refused(.badSignature), at: start + .seconds(3599), in: &watch).isEmpty)
        #expect(note(1, .refused(.badSignature), at: start + .seconds(3600), in: &watch).count == 1)
    }

    @Test func survivesAClockThatIsSetBack() {
        var watch = RefusalWatch()
        #expect(note(10, .refused(.badSignature), at: start, in: &watch).isEmpty)
        #expect(note(10, .refused(.badSignature), at: start + .seconds(-86_400), in: &watch).count == 1)
    }
}
