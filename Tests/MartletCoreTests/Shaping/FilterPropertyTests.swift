// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite struct FilterPropertyTests {
    /// A filter says of an event what a plain reader of the rendered body says.
    @Test func agreesWithAReaderOfTheBody() throws {
        var maker = FilterMaker(random: SplitMix64())
        let seed = maker.random.seed
        for _ in 0..<3000 {
            let event = maker.event()
            let json = maker.filter(depth: 4)
            let problems = SettingsProblems()
            let filter = try #require(EventFilter.read(json, at: "$", into: problems), "seed \(seed)")
            let data = try #require(try JSONReader.read(EventEnvelope.render(event)).object?["data"]?.object)
            #expect(filter.matches(event) == BodyReader(data: data).holds(json), "\(json) of \(event), seed \(seed)")
        }
    }

    @Test func obeysTheLawsOfLogic() throws {
        var maker = FilterMaker(random: SplitMix64())
        let seed = maker.random.seed
        for _ in 0..<2000 {
            let event = maker.event()
            let filters = try (0..<3).map { _ in
                try #require(EventFilter.read(maker.filter(depth: 3), at: "$", into: SettingsProblems()))
            }
            let negated = filters.map { EventFilter.not($0) }
            func holds(_ filter: EventFilter) -> Bool { filter.matches(event) }
            #expect(holds(.not(.not(filters[0]))) == holds(filters[0]), "seed \(seed)")
            #expect(holds(.not(.all(filters))) == holds(.any(negated)), "seed \(seed)")
            #expect(holds(.not(.any(filters))) == holds(.all(negated)), "seed \(seed)")
            #expect(holds(.all(filters)) == holds(.all(filters.reversed())), "seed \(seed)")
            #expect(!holds(.all([filters[0], negated[0]])), "seed \(seed)")
            #expect(holds(.any([filters[0], negated[0]])), "seed \(seed)")
        }
    }
}
