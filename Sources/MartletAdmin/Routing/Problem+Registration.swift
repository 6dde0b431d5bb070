// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Registrations and orders that cannot be accepted.
extension Problem {
    /// Every member that breaks a rule; `field` is the first.
    init(_ problems: [RegistrationRefusal.Problem]) {
        let first = problems.first ?? .init(field: "body", message: "cannot be read")
        let field = first.field.isEmpty ? "body" : first.field
        let sentences = problems.map { "\"\($0.field.isEmpty ? "body" : $0.field)\" \($0.message)" }
        self.init(400, sentences.joined(separator: "; "))
        self.field = field
        rule = first.message
    }

    /// A key that is limited to shops learns no name of another.
    static func otherShop(_ caller: Caller) -> Problem {
        Problem(
            403,
            "the order belongs to a shop that the key \"\(caller.name)\" does not reach",
            remedy: "use a key with that shop, or change \"shopRules\" of the source"
        )
    }
}
