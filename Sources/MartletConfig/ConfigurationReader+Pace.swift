// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// How fast an endpoint is called.
extension ConfigurationReader {
    /// Requests in a second: from about four in an hour to more than a lane makes.
    private static let rates = 0.001...10_000

    func readRate(_ reader: SettingsReader) -> Double? {
        guard let value = reader.value("ratePerSecond") else { return nil }
        guard case .number(let text) = value, let rate = Double(text), Self.rates.contains(rate) else {
            reader.fail(
                "ratePerSecond",
                "must be a number from 0.001 to 10000; leave it out for no limit but \"maxInFlight\""
            )
            return nil
        }
        return rate
    }
}

/// In which order deliveries go.
extension ConfigurationReader {
    func readOrdering(_ reader: SettingsReader) -> DeliveryOrdering {
        let words = DeliveryOrdering.allCases.map(\.rawValue)
        let word = reader.choice("ordering", default: DeliveryOrdering.none.rawValue, of: words)
        return DeliveryOrdering(rawValue: word) ?? .none
    }
}
