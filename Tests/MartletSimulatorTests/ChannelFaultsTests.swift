// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import Testing

@testable import MartletSimulator

@Suite("Faults of a channel") struct ChannelFaultsTests {
    @Test func aSoundChannelSendsEachOnceAndAtOnce() {
        var random = SplitMix64()
        for _ in 0..<1000 {
            #expect(ChannelFaults().fate(using: &random) == .init(copies: [.zero], isReordered: false))
        }
    }

    @Test func keepsTheSharesAndTheRange() {
        var random = SplitMix64()
        print("channel faults: seed \(random.seed)")
        for _ in 0..<20 {
            let faults = ChannelFaults(
                loss: Double.random(in: 0...1, using: &random),
                duplicates: Double.random(in: 0...1, using: &random),
                reorder: Double.random(in: 0...1, using: &random),
                delay: .milliseconds(5) ... .milliseconds(40),
                overtaking: .seconds(3)
            )
            let fates = (0..<4000).map { _ in faults.fate(using: &random) }
            let kept = fates.filter { !$0.isLost }
            // Seven standard deviations of a share of 4,000, at most 0.8 per cent each.
            expect(fates.count { $0.isLost }, of: fates.count, is: faults.loss)
            expect(kept.count { $0.isDuplicated }, of: kept.count, is: faults.duplicates)
            expect(kept.count { $0.isReordered }, of: kept.count, is: faults.reorder)
            for fate in kept {
                #expect(fate.copies.count <= 2)
                let held: Duration = fate.isReordered ? .seconds(3) : .zero
                #expect(fate.copies.allSatisfy { (faults.delay).contains($0 - held) })
            }
        }
    }

    private func expect(_ count: Int, of all: Int, is share: Double) {
        guard all > 0 else { return }
        let allowed = 7 * (0.25 / Double(all)).squareRoot()
        #expect(abs(Double(count) / Double(all) - share) <= allowed, "\(count) of \(all) instead of \(share)")
    }

    @Test func anotherShareLeavesTheOtherDecisionsOfASeed() {
        let seed = SplitMix64().seed
        var (first, second) = (SplitMix64(seed: seed), SplitMix64(seed: seed))
        print("channel faults: seed \(seed)")
        for _ in 0..<1000 {
            let one = ChannelFaults(loss: 0.3).fate(using: &first)
            let two = ChannelFaults(loss: 0.3, duplicates: 0.5, reorder: 0.5).fate(using: &second)
            #expect(one.isLost == two.isLost)
        }
    }

    @Test func theSameSeedAndOrderGiveTheSameNumbers() {
        for order in 0..<100 {
            var (first, second) = (SeededNumbers(seed: 7, order: order), SeededNumbers(seed: 7, order: order))
            #expect(first.next() == second.next())
            #expect(first.digits(64) == second.digits(64))
            #expect(first.uuid() == second.uuid())
        }
        let names = Set(
            (0..<10_000).map { order in
                var numbers = SeededNumbers(seed: 7, order: order)
                return numbers.digits(24)
            }
        )
        #expect(names.count == 10_000)
    }
}
