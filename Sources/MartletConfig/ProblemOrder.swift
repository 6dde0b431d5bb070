// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Puts problems into the order in which their places stand in the file.
struct ProblemOrder {
    private let root: JSONValue

    init(_ root: JSONValue) { self.root = root }

    /// Problems at one place keep the order in which they were found; what is missing comes after what is there.
    func sorted(_ problems: [SettingsProblem]) -> [SettingsProblem] {
        let ranked = problems.enumerated().map { (rank: rank(of: $0.element.path), found: $0.offset, $0.element) }
        return ranked.sorted { left, right in
            left.rank == right.rank ? left.found < right.found : left.rank.lexicographicallyPrecedes(right.rank)
        }.map(\.2)
    }

    /// The index of each step of a path, such as `[4, 1, 2]` for the third member of the second source.
    private func rank(of path: String) -> [Int] {
        var rank: [Int] = []
        var value = root
        var rest = path.dropFirst()
        while !rest.isEmpty {
            guard let step = Self.step(into: value, along: rest) else { return rank + [.max] }
            rank.append(step.index)
            value = step.value
            rest = step.rest
        }
        return rank
    }

    private static func step(
        into value: JSONValue,
        along path: Substring
    ) -> (index: Int, value: JSONValue, rest: Substring)? {
        switch value {
        case .object(let object):
            // A name may hold dots and brackets itself, so the longest that fits is the one meant.
            let candidates = object.members.enumerated().filter { _, member in
                let rest = path.dropFirst(member.name.count + 1)
                return path.hasPrefix(".\(member.name)") && (rest.isEmpty || rest.first == "." || rest.first == "[")
            }
            guard let best = candidates.max(by: { $0.element.name.count < $1.element.name.count }) else { return nil }
            return (best.offset, best.element.value, path.dropFirst(best.element.name.count + 1))
        case .array(let elements):
            guard path.first == "[", let end = path.firstIndex(of: "]"), let index = Int(path.dropFirst()[..<end]),
                elements.indices.contains(index)
            else { return nil }
            return (index, elements[index], path[path.index(after: end)...])
        default:
            return nil
        }
    }
}
