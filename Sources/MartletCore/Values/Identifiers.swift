// SPDX-License-Identifier: Apache-2.0

/// `evt_` and 32 hexadecimal digits; the same change always has the same id (providers.md section 2).
package struct EventID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }

    /// The 32 digits after `evt_`; the trace id of every attempt unless the callback brought one.
    package var hexDigits: Substring { rawValue.dropFirst(4) }
}

/// One event for one endpoint; printed as `dlv_` and the store's number.
package struct DeliveryID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }
    package var description: String { "dlv_\(number)" }
    package static func < (left: DeliveryID, right: DeliveryID) -> Bool { left.number < right.number }

    /// Reads `dlv_42` or a bare `42`; nil for anything else.
    package init?(text: String) {
        let digits = text.hasPrefix("dlv_") ? text.dropFirst(4) : Substring(text)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(digits), number > 0 else {
            return nil
        }
        self.number = number
    }
}

/// The operator's name of a subscriber's endpoint.
package struct EndpointID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
    package static func < (left: EndpointID, right: EndpointID) -> Bool { left.rawValue < right.rawValue }
}

/// One account at one provider, written `provider/id`.
package struct SourceID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let provider: String
    package let id: String

    package init(provider: String, id: String) {
        self.provider = provider
        self.id = id
    }

    /// The gateway itself, as the source of operational events; no configured source can have this name.
    package static let gateway = SourceID(provider: "martlet", id: "gateway")

    package var description: String { "\(provider)/\(id)" }

    package static func < (left: SourceID, right: SourceID) -> Bool {
        (left.provider, left.id) < (right.provider, right.id)
    }
}
