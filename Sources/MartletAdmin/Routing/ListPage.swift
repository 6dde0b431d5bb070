// SPDX-License-Identifier: Apache-2.0
import MartletCrypto

/// Part of a list, and where the next part begins.
struct ListPage<Element> {
    var elements: [Element]
    /// Nil on the last page.
    var nextCursor: String?

    /// From one element more than the page holds, if there are so many.
    init(_ found: [Element], limit: Int, cursor: (Element) -> ListCursor) {
        elements = Array(found.prefix(limit))
        nextCursor = found.count > limit ? elements.last.map { cursor($0).text } : nil
    }
}

/// The place after which a page begins, written so that nobody builds one by hand: it means something to its list only.
struct ListCursor: Sendable, Equatable {
    /// The list.
    var list: String
    /// The last element of the page before.
    var last: String

    var text: String { Hex.encode(Array("\(list):\(last)".utf8)) }

    init(list: String, last: String) {
        self.list = list
        self.last = last
    }

    /// Nil unless the text is a cursor of that list.
    init?(_ text: String, list: String) {
        guard let bytes = Hex.decode(text), bytes.starts(with: "\(list):".utf8) else { return nil }
        self.list = list
        last = String(decoding: bytes.dropFirst(list.utf8.count + 1), as: UTF8.self)
    }
}
