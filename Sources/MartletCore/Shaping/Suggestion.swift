// SPDX-License-Identifier: Apache-2.0

/// Wording of messages about names that are not known.
extension [String] {
    /// `; did you mean "shop"?` where one of these is near, otherwise all of them after `lead`, or nothing without a lead.
    func suggestion(for text: String, otherwise lead: String?) -> String {
        let near = self.min { $0.editDistance(to: text) < $1.editDistance(to: text) }
        if let near, near.editDistance(to: text) <= Swift.min(3, Swift.max(1, text.utf8.count / 2)) {
            return "; did you mean \"\(near)\"?"
        }
        return lead.map { "; \($0)\(quoted(joinedBy: ", "))" } ?? ""
    }

    /// `"a", "b" or "c"`.
    func quoted(joinedBy separator: String, last: String? = nil) -> String {
        let words = map { "\"\($0)\"" }
        guard let last, let end = words.last, words.count > 1 else { return words.joined(separator: separator) }
        return words.dropLast().joined(separator: separator) + last + end
    }
}
