// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@testable import MartletAdmin

struct FailureLimiterTests {
    private let address = IPAddress.loopback
    private let now = Samples.now

    @Test func refusesAfterTheBurstAndForgivesOneAtATime() {
        var limiter = FailureLimiter()
        for _ in 0..<FailureLimiter.burst {
            #expect(limiter.secondsUntilFree(address, at: now) == nil)
            limiter.failed(address, at: now)
        }
        #expect(limiter.secondsUntilFree(address, at: now) == 3)
        #expect(limiter.secondsUntilFree(address, at: now + .milliseconds(2500)) == 1)
        #expect(
            limiter.secondsUntilFree(IPAddress(ipv4: 0x0A00_0001), at: now) == nil,
            "others are not charged with it"
        )
        let later = now + .seconds(3)
        #expect(limiter.secondsUntilFree(address, at: later) == nil)
        limiter.failed(address, at: later)
        #expect(limiter.secondsUntilFree(address, at: later) == 3)
        #expect(limiter.secondsUntilFree(address, at: now + .seconds(63)) == nil)
        #expect(limiter.count == 0, "what is forgiven is forgotten")
    }

    @Test func aClockThatIsSetBackLocksNobodyOut() {
        var limiter = FailureLimiter()
        for _ in 0..<FailureLimiter.burst { limiter.failed(address, at: now) }
        let before = now - .seconds(86_400)
        #expect(limiter.secondsUntilFree(address, at: before) == 3)
        #expect(limiter.secondsUntilFree(address, at: before + .seconds(3)) == nil)
    }

    @Test func theTableIsBoundedAndTheOldestGoes() {
        var limiter = FailureLimiter()
        for number in 0..<UInt32(FailureLimiter.places + 50) {
            limiter.failed(IPAddress(ipv4: 0x0A00_0000 + number), at: now + .milliseconds(Int64(number)))
        }
        #expect(limiter.count == FailureLimiter.places)
    }

    @Test func oneNetworkOfIPv6CountsAsOneAddress() throws {
        var limiter = FailureLimiter()
        for number in 0..<FailureLimiter.burst {
            limiter.failed(try #require(IPAddress("2001:db8:0:1::\(number + 1)")), at: now)
        }
        #expect(limiter.secondsUntilFree(try #require(IPAddress("2001:db8:0:1:ffff::1")), at: now) != nil)
        #expect(limiter.secondsUntilFree(try #require(IPAddress("2001:db8:0:2::1")), at: now) == nil)
    }
}
