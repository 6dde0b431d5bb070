// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

extension Kryptoswap {
    /// Asks for the order first: its own secret decides, and its numbers complete the event.
    package func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        do {
            let notification = try Notification(callback, proof: isLearning ? .sought : .named(hashFields))
            switch order {
            case .notAsked: return .needsOrder(id: notification.orderID)
            case .unknown: return try judge(notification, order: nil, receivedAt: callback.receivedAt)
            case .known(let known): return try judge(notification, order: known, receivedAt: callback.receivedAt)
            }
        } catch {
            return .refused(error)
        }
    }

    package func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event {
        let notification = try Notification(callback, proof: .notAsked)
        let uid = order?.uid ?? notification.form["orderUID"]
        return event(of: notification, order: order, uid: uid, receivedAt: callback.receivedAt)
    }

    package func order(ofRefused callback: Callback) -> String? {
        guard let id = try? callback.readForm()["orderId"], id.utf8.count == 24, id.isHexadecimal else { return nil }
        return id
    }

    /// Steps 4 to 8 of providers.md section 6.4.
    private func judge(
        _ notification: Notification,
        order: KnownOrder?,
        receivedAt: Timestamp
    ) throws(Refusal) -> Judgement {
        let secret = order?.ipnSecret ?? ipnSecret
        if order == nil, secret == nil { throw Refusal(.unknownOrder, "no secret is stored for orderId") }
        guard let secret, !secret.isEmpty else {
            throw Refusal(.misconfigured, "neither the order nor the source has an ipnSecret")
        }
        let members = notification.members(provenBy: secret)
        guard !members.isEmpty else {
            throw Refusal(
                .badSignature,
                isLearning
                    ? "learning: no member equals the digest of the others; is ipnSecret the right one?"
                    : "\(notification.hashField) does not match the other members"
            )
        }
        let age = receivedAt - notification.occurredAt
        guard age <= maxAge else { throw Refusal(.staleTimestamp, "timestamp is older than maxAge") }
        guard Duration.zero - age <= maxFuture else {
            throw Refusal(.staleTimestamp, "timestamp is further ahead than maxFuture")
        }
        let uid = notification.form["orderUID"]
        if let uid, let known = order?.uid, uid != known {
            throw Refusal(.orderMismatch, "orderUID is not the one of orderId")
        }
        if isLearning { throw learned(members) }
        return .accepted(event(of: notification, order: order, uid: order?.uid ?? uid, receivedAt: receivedAt))
    }

    /// What an operator is told in learning mode (providers.md section 6.2).
    private func learned(_ members: [String]) -> Refusal {
        let names = members.map { "\"\($0.prefix(64))\"" }
        let equal =
            names.count == 1 ? "the member \(names[0]) equals" : "the members \(names.joined(separator: ", ")) equal"
        return Refusal(
            .learning,
            "\(equal) the digest: set hashFields to [\(names[0])], reload with SIGHUP, then martlet quarantine release "
                + "--all --source \(source)"
        )
    }

    private func event(
        of notification: Notification,
        order: KnownOrder?,
        uid: String?,
        receivedAt: Timestamp
    ) -> Event {
        let meaning = Self.meaning(of: notification.status)
        let dedupeKey = "order:\(notification.orderID):\(notification.status):\(notification.values[6])"
        var event = Event(
            id: .make(source: source, dedupeKey: dedupeKey),
            type: meaning.type,
            detail: meaning.detail,
            source: source,
            finality: meaning.finality,
            providerStatus: notification.status,
            merchantOrderID: order?.merchantOrderID,
            providerObjectID: notification.orderID,
            providerRefs: uid.map { [ProviderRef("orderUID", $0)] } ?? [],
            money: Money(
                due: Amount(notification.inAmount, code: notification.values[4]),
                settled: Amount(notification.outAmount, code: notification.values[5])
            ),
            occurredAt: notification.occurredAt,
            receivedAt: receivedAt,
            verification: Verification(method: "sha256-concat", uncoveredFields: notification.uncoveredFields),
            dedupeKey: dedupeKey,
            objectKey: "order:\(notification.orderID)"
        )
        if let order { event.compareAmount(with: order) }
        return event
    }

    /// Where the digest is.
    enum Proof {
        /// In exactly one of these members.
        case named([String])
        /// In a member whose name nobody knows.
        case sought
        /// Nobody asks for it, so that it may be missing.
        case notAsked

        var isAsked: Bool {
            if case .notAsked = self { return false }
            return true
        }
    }

    /// One notification whose members have their shapes, but which is not proven yet (steps 1 to 3).
    struct Notification {
        let form: FormBody
        /// Empty unless the member is known by its name.
        let hashField: String
        let hash: String
        /// The values of `signedMembers`, exactly as decoded.
        let values: [String]
        let inAmount: DecimalText
        let outAmount: DecimalText
        let occurredAt: Timestamp

        var orderID: String { values[0] }
        var status: String { values[1] }

        init(_ callback: Callback, proof: Proof) throws(Refusal) {
            try callback.requirePOST()
            if proof.isAsked { try callback.requireMediaType("application/x-www-form-urlencoded") }
            form = try callback.readForm()
            if case .named(let names) = proof {
                (hashField, hash) = try Self.hashMember(form, names)
            } else {
                (hashField, hash) = ("", "")
            }
            values = try Self.signedValues(form)
            guard values[0].utf8.count == 24, values[0].isHexadecimal else {
                throw Refusal(.invalidField, "orderId must be 24 hexadecimal digits")
            }
            guard !values[1].isEmpty, values[1].utf8.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }) else {
                throw Refusal(.invalidField, "newStatus must be letters")
            }
            inAmount = try Self.amount(values[2], "inAmount")
            outAmount = try Self.amount(values[3], "outAmount")
            try Self.requireCode(values[4], "xml_from")
            try Self.requireCode(values[5], "xml_to")
            occurredAt = try Self.time(values[6])
        }

        /// Members that the digest does not protect, sorted; `toValues[0][key]` counts as `toValues`.
        var uncoveredFields: [String] {
            var names: Set<String> = []
            for member in form.members where member.name != hashField && !signedMembers.contains(member.name) {
                let stem = String(member.name.prefix { $0 != "[" })
                names.insert(stem.isEmpty ? member.name : stem)
            }
            return names.sorted()
        }

        /// The seven values and the secret, joined by colons.
        func signedText(secret: Secret) -> [UInt8] {
            var text = Array(values.joined(separator: ":").utf8)
            text.append(0x3A)
            secret.withExposedBytes { text.append(contentsOf: $0) }
            return text
        }

        /// The members that hold the digest: the one that is known by its name, or any that is not under it.
        ///
        /// A digest in capital digits or in Base64 never matches.
        func members(provenBy secret: Secret) -> [String] {
            let expected = Array(Hex.encode(Digest.sha256(signedText(secret: secret))).utf8)
            let candidates = form.members.filter { member in
                hashField.isEmpty ? !signedMembers.contains(member.name) : member.name == hashField
            }
            return candidates.filter { constantTimeEquals(expected, Array($0.value.utf8)) }.map(\.name)
        }

        private static func hashMember(
            _ form: FormBody,
            _ names: [String]
        ) throws(Refusal) -> (name: String, value: String) {
            let present = form.members.filter { names.contains($0.name) }
            guard let member = present.first else {
                throw Refusal(.missingSignature, "none of \(names.joined(separator: ", ")) is there")
            }
            guard present.count == 1 else {
                throw Refusal(.duplicateField, "only one of \(names.joined(separator: ", ")) may be there")
            }
            guard !member.value.isEmpty else { throw Refusal(.missingSignature, "\(member.name) is empty") }
            return (member.name, member.value)
        }

        private static func signedValues(_ form: FormBody) throws(Refusal) -> [String] {
            var values: [String] = []
            for name in signedMembers {
                guard let value = form[name] else { throw Refusal(.missingField, "\(name) is missing") }
                values.append(value)
            }
            return values
        }

        private static func amount(_ text: String, _ name: String) throws(Refusal) -> DecimalText {
            guard let amount = DecimalText(text) else {
                throw Refusal(.invalidField, "\(name) must be a decimal number with a point")
            }
            return amount
        }

        private static func requireCode(_ text: String, _ name: String) throws(Refusal) {
            let isCode = text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
            guard isCode, !text.isEmpty else {
                throw Refusal(.invalidField, "\(name) must be letters, digits, dashes or underscores")
            }
        }

        private static func time(_ text: String) throws(Refusal) -> Timestamp {
            guard text.isDigits, text.utf8.count == 13 || text.utf8.count == 10, let number = Int64(text) else {
                throw Refusal(.invalidField, "timestamp must be 13 digits of milliseconds or 10 digits of seconds")
            }
            return Timestamp(milliseconds: text.utf8.count == 13 ? number : number * 1000)
        }
    }
}
