// SPDX-License-Identifier: Apache-2.0

/// Conditions on the members of an event that decide whether an endpoint gets it (docs/filters-and-shapes.md).
///
/// Evaluated once for each event and endpoint, when the event is captured; it neither allocates bodies nor parses.
package indirect enum EventFilter: Sendable, Equatable {
    case condition(EventMember, Test)
    case all([EventFilter])
    case any([EventFilter])
    case not(EventFilter)

    /// What one member is compared with.
    package enum Operand: Sendable, Equatable {
        case text(String)
        case number(DecimalText)
        case moment(Timestamp)
    }

    /// One question about the value of a member.
    package enum Test: Sendable, Equatable {
        case equals(Operand)
        case isIn([Operand])
        case greater(Operand)
        case greaterOrEqual(Operand)
        case less(Operand)
        case lessOrEqual(Operand)
        /// The list holds this text.
        case contains(String)
        /// The member is there, or is not.
        case exists(Bool)
    }

    /// Whether the event passes.
    ///
    /// Of a member that the event lacks, every comparison is false, so that `not` of a comparison is true.
    package func matches(_ event: Event) -> Bool {
        switch self {
        case .condition(let member, let test): test.holds(for: member.read(event))
        case .all(let filters): filters.allSatisfy { $0.matches(event) }
        case .any(let filters): filters.contains { $0.matches(event) }
        case .not(let filter): !filter.matches(event)
        }
    }
}

extension EventFilter.Test {
    /// False where value and operand are of different kinds; reading a filter has ruled that out.
    func holds(for value: EventValue) -> Bool {
        switch self {
        case .equals(let operand): operand.equals(value)
        case .isIn(let operands): operands.contains { $0.equals(value) }
        case .greater(let operand): operand.precedes(value)
        case .greaterOrEqual(let operand): operand.precedes(value) || operand.equals(value)
        case .less(let operand): operand.follows(value)
        case .lessOrEqual(let operand): operand.follows(value) || operand.equals(value)
        case .contains(let text):
            if case .list(let texts) = value { texts.contains { $0.utf8.elementsEqual(text.utf8) } } else { false }
        case .exists(let expected): (value != .absent) == expected
        }
    }
}

extension EventFilter.Operand {
    /// Texts are equal byte for byte: Swift's own equality takes two spellings of one letter for the same.
    fileprivate func equals(_ value: EventValue) -> Bool {
        switch (self, value) {
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.number(let left), .number(let right)): left == right
        case (.moment(let left), .moment(let right)): left == right
        default: false
        }
    }

    fileprivate func precedes(_ value: EventValue) -> Bool {
        switch (self, value) {
        case (.number(let left), .number(let right)): left < right
        case (.moment(let left), .moment(let right)): left < right
        default: false
        }
    }

    fileprivate func follows(_ value: EventValue) -> Bool {
        switch (self, value) {
        case (.number(let left), .number(let right)): left > right
        case (.moment(let left), .moment(let right)): left > right
        default: false
        }
    }
}
