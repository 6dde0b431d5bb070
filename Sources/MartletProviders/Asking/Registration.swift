// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Reads the members of a registration (contract.md section 7) and gathers what is wrong with them.
///
/// Messages name members and rules, never values: some of them are secrets.
struct Registration {
    private let object: JSONObject
    private var asked: Set<String>
    private(set) var problems: [RegistrationRefusal.Problem] = []

    /// `beside`: members that others have read.
    init(_ bytes: [UInt8], beside: Set<String> = ["source"]) throws(RegistrationRefusal) {
        asked = beside
        do {
            object = try JSONReader.readObject(bytes).object
        } catch {
            throw RegistrationRefusal([.init(field: "", message: "must be a JSON object: \(error.description)")])
        }
    }

    mutating func fail(_ field: String, _ message: String) {
        problems.append(.init(field: field, message: message))
    }

    /// A text, or a number's digits, of the shape that `rule` describes; nil if it is absent or wrong.
    mutating func text(
        _ name: String,
        isRequired: Bool = true,
        rule: String,
        _ accepts: (String) -> Bool
    ) -> String? {
        asked.insert(name)
        guard let value = object[name], value != .null else {
            if isRequired { fail(name, "is missing; it must be \(rule)") }
            return nil
        }
        guard let text = value.textOrDigits, accepts(text) else {
            fail(name, "must be \(rule)")
            return nil
        }
        return text
    }

    /// A text of 1 to `limit` characters without control characters.
    mutating func plainText(_ name: String, isRequired: Bool = true, limit: Int) -> String? {
        text(name, isRequired: isRequired, rule: "text of 1 to \(limit) characters without control characters") {
            text in
            (1...limit).contains(text.unicodeScalars.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
    }

    mutating func secret(_ name: String, isRequired: Bool = true, limit: Int) -> Secret? {
        plainText(name, isRequired: isRequired, limit: limit).map { Secret(text: $0) }
    }

    mutating func uuid(_ name: String, isRequired: Bool = true) -> String? {
        let rule = "a UUID such as 0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f"
        return text(name, isRequired: isRequired, rule: rule) { $0.isUUID }?.lowercased()
    }

    /// An object that is not empty, of the kind that `rule` describes; nil if it is absent or wrong.
    mutating func object(_ name: String, rule: String) -> JSONObject? {
        asked.insert(name)
        guard let value = object[name]?.object, !value.members.isEmpty else {
            fail(name, object[name] == nil ? "is missing; it must be \(rule)" : "must be \(rule)")
            return nil
        }
        return value
    }

    /// `expectedAmount` with `expectedCurrency`.
    mutating func expectedDue() -> Amount? {
        let amount = text("expectedAmount", isRequired: false, rule: "a decimal number with a point, such as 12.50") {
            DecimalText($0) != nil
        }
        let currency = text(
            "expectedCurrency",
            isRequired: false,
            rule: "a currency code of letters, digits, dashes and underscores"
        ) { code in
            (1...32).contains(code.utf8.count)
                && code.utf8.allSatisfy { byte in
                    let letter = byte | 0x20
                    return (0x30...0x39).contains(byte) || (0x61...0x7A).contains(letter) || byte == 0x2D
                        || byte == 0x5F
                }
        }
        if currency != nil, object["expectedAmount"] == nil {
            fail("expectedCurrency", "stands alone; give expectedAmount as well, or leave it out")
        }
        return Amount(amount.flatMap { DecimalText($0) }, code: currency)
    }

    /// Ends the reading: members that nobody asked for are problems too.
    mutating func finish() throws(RegistrationRefusal) {
        let known = asked.sorted().joined(separator: ", ")
        for member in object.members where !asked.contains(member.name) {
            fail(member.name, "is not known here; the members are \(known)")
        }
        if !problems.isEmpty { throw RegistrationRefusal(problems) }
    }
}
