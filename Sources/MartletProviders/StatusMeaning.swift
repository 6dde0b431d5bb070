// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// What one of a provider's statuses means in Martlet's words.
struct StatusMeaning: Sendable, Equatable {
    var type: EventType
    var detail: String?
    var finality: Finality

    init(_ type: EventType, detail: String? = nil, _ finality: Finality = .none) {
        self.type = type
        self.detail = detail
        self.finality = finality
    }
}

/// Statuses in the order of the provider's documentation, which is the order that `martlet trigger` lists them in.
struct StatusTable: Sendable {
    let names: [String]
    private let meanings: [String: StatusMeaning]

    init(_ rows: [(String, StatusMeaning)]) {
        names = rows.map(\.0)
        meanings = Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Compared letter for letter; nil for a status that the table does not have.
    subscript(status: String) -> StatusMeaning? { meanings[status] }

    /// For error messages.
    var list: String { names.joined(separator: ", ") }
}
