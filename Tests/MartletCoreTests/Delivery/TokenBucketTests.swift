// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct TokenBucketTests {
    private func at(_ milliseconds: Int64) -> Timestamp { .noon + .milliseconds(milliseconds) }

    @Test func aFullBucketGivesItsBurstAtOnce() {
        var bucket = TokenBucket(ratePerSecond: 4)
        for _ in 0..<4 {
            #expect(bucket.next <= at(0))
            bucket.take(at: at(0))
        }
        #expect(bucket.next == at(250))
        bucket.take(at: at(250))
        #expect(bucket.next == at(500))
    }

    @Test(arguments: [(0.5, 2000), (0.001, 1_000_000), (3, 334), (1, 1000)] as [(Double, Int64)])
    func slowRatesGiveOneAtATime(rate: Double, milliseconds: Int64) {
        var bucket = TokenBucket(ratePerSecond: rate, burst: 1)
        bucket.take(at: at(0))
        #expect(bucket.next == at(milliseconds))
    }

    @Test(arguments: [0.3, 1, 3, 7, 99.9, 333, 1000, 2500])
    func roundingDoesNotAddUp(rate: Double) {
        var bucket = TokenBucket(ratePerSecond: rate, burst: 1)
        var now = at(0)
        for _ in 0..<100_000 {
            bucket.take(at: now)
            now = max(now, bucket.next)
        }
        let expected = 100_000 / rate * 1000
        #expect(abs(Double((now - at(0)).wholeMilliseconds) - expected) <= 1)
    }

    @Test func aLongRestFillsNoMoreThanTheBurst() {
        var bucket = TokenBucket(ratePerSecond: 2)
        for _ in 0..<2 { bucket.take(at: at(0)) }
        let later = at(86_400_000)
        for _ in 0..<2 { bucket.take(at: later) }
        #expect(bucket.next == later + .milliseconds(500))
    }

    @Test func aFastBucketIsAskedAHundredTimesASecond() {
        var bucket = TokenBucket(ratePerSecond: 5000)
        for _ in 0..<5000 { bucket.take(at: at(0)) }
        #expect(bucket.next == at(1))
        #expect(bucket.nextBatch == at(10))
    }

    @Test func aChangedRateGrantsNoSecondBurst() {
        var bucket = TokenBucket(ratePerSecond: 10)
        for _ in 0..<10 { bucket.take(at: at(0)) }
        bucket.change(ratePerSecond: 2, at: at(0))
        #expect(bucket.next == at(500))
        bucket.change(ratePerSecond: 100, at: at(0))
        #expect(bucket.next <= at(0))
    }

    @Test func aClockThatIsSetBackHoldsNothingUp() {
        var bucket = TokenBucket(ratePerSecond: 1)
        bucket.take(at: at(3_600_000))
        bucket.clamp(to: at(0))
        #expect(bucket.next == at(1000))
    }

    @Test func neverExceedsItsRateInAnyWindow() {
        var random = SplitMix64()
        for _ in 0..<50 {
            let rate = Double.random(in: 0.2...300, using: &random)
            var bucket = TokenBucket(ratePerSecond: rate)
            var now = at(0)
            var sent: [Timestamp] = []
            for _ in 0..<300 {
                if bucket.next <= now {
                    bucket.take(at: now)
                    sent.append(now)
                } else {
                    now = now + .milliseconds(Int64.random(in: 1...Int64(1 + 2000 / rate), using: &random))
                }
            }
            for first in sent.indices {
                for last in sent.indices[first...] {
                    let seconds = Double((sent[last] - sent[first]).wholeMilliseconds + 1) / 1000
                    let most = max(1, rate) + rate * seconds + 1e-6
                    #expect(Double(last - first + 1) <= most, "rate \(rate), seed \(random.seed)")
                }
            }
        }
    }
}
