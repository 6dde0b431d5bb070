// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

extension HyPe {
    /// The most that an autofeed may hold.
    package static let autofeedLimit = 64 << 10

    /// An invoice as it was registered, and as `Watch.details` keeps it.
    package struct Registered: Sendable, Equatable {
        package var invoice: Invoice
        /// Handed to the merchant at invoicing; opaque, and fed back byte for byte (providers.md section 5.2).
        package var autofeed: [UInt8]

        /// Numbers may be used again after a year, hence the date.
        package var subject: String { "\(invoice.number)@\(invoice.issuedOn)" }

        package init(invoice: Invoice, autofeed: [UInt8]) {
            self.invoice = invoice
            self.autofeed = autofeed
        }

        /// Reads a registration (contract.md section 7).
        ///
        /// `autofeed` is an object, whose bytes are kept as they stand in the request, or a text that holds it.
        ///
        /// - Throws: `RegistrationRefusal` with every problem.
        init(registration: [UInt8]) throws(RegistrationRefusal) {
            var reader = try MemberReader(registration)
            let invoice = Invoice(
                number: reader.text("invoice", "must be the invoice's number, text of 1 to 200 characters") {
                    (1...200).contains($0.unicodeScalars.count) && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                },
                store: reader.text("store", "must be the store's name, 1 to 64 ASCII letters and digits") {
                    (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isLetterOrDigit)
                },
                totalTiyin: reader.total("totalTiyin"),
                issuedOn: reader.text("issuedOn", "must be the date of issue, such as \"2024-05-01\"") {
                    HyPe.isDate($0)
                }
            )
            let autofeed = reader.autofeed("autofeed")
            try reader.finish()
            self.init(invoice: invoice, autofeed: autofeed)
        }

        /// Reads what `details` wrote; nil if it is damaged, by its digest too.
        init?(details: [UInt8]) {
            guard let object = try? JSONReader.readObject(details).object,
                let number = object["invoice"]?.string, let store = object["store"]?.string,
                let total = object["totalTiyin"]?.string.flatMap({ UInt64($0) }),
                let issuedOn = object["issuedOn"]?.string,
                let autofeed = object["autofeed"]?.string.flatMap({ Base64.decode($0) }),
                object["autofeedSHA256"]?.string == Hex.encode(Digest.sha256(autofeed))
            else { return nil }
            let invoice = Invoice(number: number, store: store, totalTiyin: total, issuedOn: issuedOn)
            self.init(invoice: invoice, autofeed: autofeed)
        }

        /// For `Watch.details`.
        package var details: [UInt8] {
            var json = JSONWriter(capacity: 256 + autofeed.count * 4 / 3)
            json.beginObject()
            json.member("invoice", invoice.number)
            json.member("store", invoice.store)
            json.member("totalTiyin", String(invoice.totalTiyin))
            json.member("issuedOn", invoice.issuedOn)
            json.member("autofeed", Base64.encode(autofeed))
            json.member("autofeedSHA256", Hex.encode(Digest.sha256(autofeed)))
            json.endObject()
            return json.bytes
        }
    }

    /// Whether a text is a day of the calendar, such as `2024-05-01`.
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { 48...57 ~= $0 } }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]), 1...12 ~= month
        else { return false }
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        let length =
            Timestamp.days(year: next.0, month: next.1, day: 1) - Timestamp.days(year: year, month: month, day: 1)
        return 1...length ~= day
    }

    /// Collects every problem of one registration; messages never hold values.
    private struct MemberReader {
        private let bytes: [UInt8]
        private let object: JSONObject
        private let ranges: [Range<Int>]
        private var known: Set<String> = ["source"]
        private var problems: [RegistrationRefusal.Problem] = []

        init(_ bytes: [UInt8]) throws(RegistrationRefusal) {
            do {
                (object, ranges) = try JSONReader.readObject(bytes)
            } catch {
                throw RegistrationRefusal([.init(field: "", message: "must be one JSON object: \(error)")])
            }
            self.bytes = bytes
        }

        mutating func text(_ name: String, _ rule: String, _ accepts: (String) -> Bool) -> String {
            known.insert(name)
            if let text = object[name]?.string, accepts(text) { return text }
            fail(name, rule)
            return ""
        }

        /// A number, or its digits as text for senders whose numbers end at 2^53.
        mutating func total(_ name: String) -> UInt64 {
            known.insert(name)
            let digits: String? =
                switch object[name] {
                case .number(let text), .string(let text): text
                default: nil
                }
            if let digits, digits.isDigits, let total = UInt64(digits) { return total }
            fail(name, "must be the total in tiyin, a whole number from 0 to \(UInt64.max)")
            return 0
        }

        mutating func autofeed(_ name: String) -> [UInt8] {
            known.insert(name)
            let rule = "must be the autofeed handed out at invoicing, a JSON object of at most \(autofeedLimit) bytes"
            var autofeed: [UInt8] = []
            switch object[name] {
            case .object: autofeed = valueBytes(name)
            case .string(let text): autofeed = Array(text.utf8)
            default: break
            }
            guard autofeed.count <= autofeedLimit, (try? JSONReader.readObject(autofeed)) != nil else {
                fail(name, rule)
                return []
            }
            return autofeed
        }

        mutating func finish() throws(RegistrationRefusal) {
            let names = known.sorted().joined(separator: ", ")
            for member in object.members where !known.contains(member.name) {
                fail(member.name, "is not a known member; leave it out, or give one of \(names)")
            }
            if !problems.isEmpty { throw RegistrationRefusal(problems) }
        }

        private mutating func fail(_ name: String, _ rule: String) {
            problems.append(.init(field: name, message: object[name] == nil ? "is missing; it \(rule)" : rule))
        }

        /// The member's value as it stands in the request.
        private func valueBytes(_ name: String) -> [UInt8] {
            guard let index = object.members.firstIndex(where: { $0.name == name }) else { return [] }
            // The range begins at the opening quote of the name.
            var position = ranges[index].lowerBound + 1
            while bytes[position] != 0x22 { position += bytes[position] == 0x5C ? 2 : 1 }
            position += 1
            while bytes[position] != 0x7B { position += 1 }
            return Array(bytes[position..<ranges[index].upperBound])
        }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool { 0x30...0x39 ~= self || 0x61...0x7A ~= self | 0x20 }
}
