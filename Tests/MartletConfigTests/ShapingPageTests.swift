// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletConfig
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// `docs/filters-and-shapes.md` against what the gateway reads.
struct ShapingPageTests {
    private static func page() throws -> String {
        let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/filters-and-shapes.md"), encoding: .utf8)
    }

    @Test func everyExampleIsValid() throws {
        let examples = try Self.page().matches(of: #/```json\n\{((?s).*?)\n\}\n```/#).map { String($0.1) }
        #expect(examples.count >= 5)
        for example in examples {
            #expect(ConfigurationText.endpoint(example).load().problems.lines == [], "\(example)")
        }
    }

    @Test func everyMemberIsListedAsWhatItIs() throws {
        let rows = try Self.page().split(separator: "\n").filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        for member in EventMember.table {
            let row = rows.first { $0[0].contains("`\(member.path)`") }
            let cells = try #require(row, "\(member.path)")
            #expect("\(member.kind.rawValue)".hasSuffix(cells[1]), "\(member.path)")
            #expect(cells[2] == (member.mayBeMissing ? "yes" : "no"), "\(member.path)")
        }
    }
}
