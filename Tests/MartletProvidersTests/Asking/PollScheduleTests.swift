// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@testable import MartletProviders

@Suite("When providers are asked")
struct PollScheduleTests {
    static let start = Timestamp(milliseconds: 1_795_287_600_000)

    /// Ages in minutes at which a healthy provider is asked.
    static func ages(_ schedule: PollSchedule) -> [Int64] {
        let clock = ManualClock(now: start)
        var ages: [Int64] = []
        var next = schedule.first(since: start)
        while next <= schedule.deadline(since: start) {
            clock.set(to: next)
            ages.append((clock.now() - start).wholeMilliseconds / 60_000)
            next = schedule.next(after: clock.now(), since: start)
        }
        return ages
    }

    @Test func kryptoswap() {
        let ages = Self.ages(Kryptoswap.schedule)
        #expect(ages.prefix(30) == ArraySlice(1...30))
        #expect(ages.dropFirst(30).prefix(30).elementsEqual(stride(from: 35, through: 180, by: 5)))
        #expect(ages.dropFirst(60).prefix(138).elementsEqual(stride(from: 210, through: 4320, by: 30)))
        #expect(ages.dropFirst(198).elementsEqual(stride(from: 4680, through: 43_200, by: 360)))
    }

    @Test func cryptomus() {
        #expect(Self.ages(Cryptomus.schedule) == [2, 10, 30, 120, 360, 1440] + (2...7).map { $0 * 1440 })
    }

    @Test func spectrocoin() {
        let ages = Self.ages(SpectroCoin.schedule)
        #expect(ages.prefix(6) == [1, 5, 15, 30, 90, 150])
        #expect(ages.dropFirst(4).prefix(26).elementsEqual(stride(from: 90, through: 1590, by: 60)))
        #expect(ages.dropFirst(30).elementsEqual(stride(from: 3030, through: 1560 + 14 * 1440, by: 1440)))
    }

    @Test func pausesGrowByHalfUpToAnHour() {
        let pauses = (0...13).map { PollSchedule.pause(afterFailures: $0).wholeMilliseconds }
        #expect(pauses.prefix(4) == [60_000, 90_000, 135_000, 202_500])
        #expect(pauses[10] < 3_600_000 && pauses[11...] == [3_600_000, 3_600_000, 3_600_000])
        #expect(PollSchedule.pause(afterFailures: .max) == .seconds(3600))
        #expect(PollSchedule.pause(afterFailures: -1) == .seconds(60))
    }

    @Test func theProvidersWishHoldsForTheWholeSource() {
        let gate = AskGate()
        #expect(gate.enter(at: Self.start) == nil)
        gate.pause(until: Self.start + .hours(2))
        let one = gate.enter(at: Self.start + .minutes(1))
        let two = gate.enter(at: Self.start + .minutes(1))
        #expect(one == Self.start + .hours(2) + .milliseconds(200))
        #expect(two == Self.start + .hours(2) + .milliseconds(400))
        #expect(gate.enter(at: Self.start + .hours(2)) == nil)
    }

    @Test func aClockThatIsSetBackStopsNothing() {
        let gate = AskGate()
        gate.pause(until: Self.start + .hours(2))
        #expect((gate.enter(at: Self.start - .days(300)) ?? Self.start) <= Self.start - .days(299) + .hours(2))
        #expect(gate.enter(at: Self.start - .days(298)) == nil)
    }

    @Test(arguments: [
        ("https://api.cryptomus.com", "api.cryptomus.com"), ("http://127.0.0.1:8080/v2", "127.0.0.1"),
        ("http://[::1]:80", "::1"), ("https://a_b-c.d:65535", "a_b-c.d"), ("https://user:pass@host", nil),
        ("https://host:0", nil), ("https://host:65536", nil), ("https://", nil), ("https:///path", nil),
        ("http://[::1", nil), ("http://[x]", nil), ("ftp://host", nil), ("https://host:", nil), ("https://:1", nil),
    ])
    func readsTheHost(_ address: String, _ host: String?) {
        #expect(ProviderInterface.host(of: address) == host)
    }

    @Test func reachesASpecialAddressOnlyIfTheSettingNamesIt() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let hosts = ["http://127.0.0.1:1": true, "http://localhost": true, "https://api.example.com": false]
        for (base, isPermitted) in hosts {
            #expect(ProviderInterface(base: base).egress.permits(loopback) == isPermitted)
        }
        let named = ProviderInterface(base: "http://10.1.2.3").egress
        #expect(named.permits(try #require(IPAddress("10.1.2.3"))))
        #expect(!named.permits(try #require(IPAddress("10.1.2.4"))))
    }
}
