// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct FairShareTests {
    private func share(_ total: Int, _ lanes: [EndpointID], guaranteed: Int = 2) -> FairShare {
        var share = FairShare(total: total, guaranteed: guaranteed)
        share.set(lanes)
        return share
    }

    @Test func oneLaneMayHoldAllThatNobodyElseIsSureOf() {
        var share = share(10, ["a", "b", "c"])
        #expect(share.allowance(of: "a") == 6)
        share.started(6, by: "a")
        #expect(share.allowance(of: "a") == 0)
        #expect(share.allowance(of: "b") == 2)
        share.started(2, by: "b")
        #expect(share.allowance(of: "b") == 0 && share.allowance(of: "c") == 2)
    }

    @Test func waitingLanesAreServedInTurn() {
        var share = share(6, ["a", "b", "c"], guaranteed: 1)
        share.started(4, by: "a")
        share.started(1, by: "b")
        share.wait("a")
        share.wait("b")
        share.wait("b")
        #expect(share.next() == nil)
        share.ended(by: "a")
        #expect(share.next() == "a")
        share.started(1, by: "a")
        share.wait("a")
        share.ended(by: "a")
        #expect(share.next() == "b")
        share.started(1, by: "b")
        #expect(share.next() == nil)
    }

    @Test func moreLanesThanRequestsTakeTurns() {
        let names = (0..<5).map { EndpointID(String($0)) }
        var share = share(2, names)
        #expect(share.guaranteed == 0)
        var order: [EndpointID] = []
        for name in names { share.wait(name) }
        for _ in 0..<10 {
            guard let lane = share.next() else { break }
            share.started(1, by: lane)
            order.append(lane)
            share.wait(lane)
            share.ended(by: lane)
        }
        #expect(order == names + names)
    }

    @Test func aLaneThatIsGoneGivesBackWhatItHolds() {
        var share = share(4, ["a", "b"], guaranteed: 1)
        share.started(3, by: "a")
        share.wait("a")
        share.set(["b"])
        #expect(share.allowance(of: "a") == 0)
        #expect(share.allowance(of: "b") == 1)
        for _ in 0..<3 { share.ended(by: "a") }
        #expect(share.allowance(of: "b") == 4)
        #expect(share.next() == nil)
    }

    private static func name(_ lane: Int) -> EndpointID { EndpointID(String(lane)) }

    @Test func neverExceedsTheTotalAndKeepsEveryGuarantee() {
        var random = SplitMix64()
        for _ in 0..<200 {
            let lanes = Array(0..<Int.random(in: 1...12, using: &random))
            let total = Int.random(in: 1...40, using: &random)
            var share = FairShare(total: total, guaranteed: .random(in: 0...4, using: &random))
            share.set(lanes.map(Self.name))
            var held = [Int](repeating: 0, count: lanes.count)
            for _ in 0..<300 {
                let lane = Int.random(in: lanes.indices, using: &random)
                if Bool.random(using: &random), held[lane] > 0 {
                    held[lane] -= 1
                    share.ended(by: Self.name(lane))
                } else {
                    let count = min(share.allowance(of: Self.name(lane)), .random(in: 1...8, using: &random))
                    held[lane] += count
                    share.started(count, by: Self.name(lane))
                }
                #expect(held.reduce(0, +) <= total, "seed \(random.seed)")
                for other in lanes where held[other] < share.guaranteed {
                    #expect(
                        share.allowance(of: Self.name(other)) >= share.guaranteed - held[other],
                        "a guarantee is broken, seed \(random.seed)"
                    )
                }
            }
        }
    }
}

extension EndpointID: ExpressibleByStringLiteral {
    /// The id with that text.
    public init(stringLiteral value: String) { self.init(value) }
}
