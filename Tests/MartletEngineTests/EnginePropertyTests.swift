// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import Testing

/// Random lives of the whole engine: captures, answers, restarts, crashes, clocks that are set, operators.
@Suite(.timeLimit(.minutes(1))) struct EnginePropertyTests {
    /// Printed with every run; put one here to see it again.
    private static let seeds: [UInt64] = (0..<4).map { _ in .random(in: 1 ... .max) }

    @Test(arguments: seeds)
    func everyDeliveryWaitsForAReasonAndEnds(seed: UInt64) async throws {
        print("property seed \(seed)")
        let model = try await EngineModel(seed: seed)
        do {
            for _ in 0..<80 {
                try await model.step()
                await model.observe()
            }
            try await model.finish()
        } catch {
            Issue.record("\(error) after:\n\(model.steps.joined(separator: "\n"))")
        }
    }
}
