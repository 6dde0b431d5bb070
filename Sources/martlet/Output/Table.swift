// SPDX-License-Identifier: Apache-2.0

/// Aligned columns for a person.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: [String]) { self.header = header }

    /// Adds a row; nil shows as `-`.
    mutating func add(_ cells: [String?]) { rows.append(cells.map { Self.cut(Self.printable($0 ?? "-")) }) }

    /// One value as long as a page, such as a stranger's order number, must not push all others off the screen.
    private static func cut(_ text: String) -> String { text.count <= 240 ? text : text.prefix(239) + "…" }

    /// Header and rows, or only the sentence if there are no rows.
    func render(whenEmpty: String) -> String {
        guard !rows.isEmpty else { return whenEmpty + "\n" }
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// Values come from strangers; control characters in them must not steer the terminal.
    static func printable(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }
}
