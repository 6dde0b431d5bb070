// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

@testable import martlet

/// Server-sent events, taken apart wherever the network cuts them.
struct EventStreamReaderTests {
    private static let text = """
        : heartbeat

        id: 7
        event: event
        data: {"id":"evt_1",
        data: "type":"payment.paid"}

        id: 9

        event: end\r
        data: {}\r
        \r

        data:bare

        retry: 5

        """

    private func read(_ pieces: [[UInt8]]) -> [EventStreamReader.Item] {
        var reader = EventStreamReader()
        return pieces.flatMap { piece in piece.withUnsafeBytes { reader.read($0) } }
    }

    private func expect(_ items: [EventStreamReader.Item], _ note: String) {
        #expect(items.map(\.name) == ["event", "", "end", "message"], "\(note)")
        #expect(items.map(\.id) == [7, 9, nil, nil], "\(note)")
        #expect(items.first?.object["type"]?.string == "payment.paid", "\(note)")
        #expect(items.last?.data == Array("bare".utf8), "\(note)")
    }

    @Test func readsEventsPlacesAndComments() { expect(read([Array(Self.text.utf8)]), "whole") }

    @Test func readsThemWhereverTheyAreCut() {
        var random = SplitMix64()
        print("seed \(random.seed)")
        for _ in 0..<50 {
            var pieces: [[UInt8]] = []
            var rest = Array(Self.text.utf8)[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...9, using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            expect(read(pieces), "seed \(random.seed)")
        }
    }

    @Test func aLineWithoutAnEndIsGivenUp() {
        var reader = EventStreamReader()
        let piece = [UInt8](repeating: 0x78, count: 1 << 20)
        for _ in 0..<5 { _ = piece.withUnsafeBytes { reader.read($0) } }
        #expect(reader.isBroken)
    }
}
