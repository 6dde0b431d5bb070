// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The members `filter` and `shape` of an endpoint.
extension ConfigurationReader {
    func readFilter(_ reader: SettingsReader) -> EventFilter? {
        reader.value("filter").flatMap { EventFilter.read($0, at: reader.path(of: "filter"), into: problems) }
    }

    func readShape(_ reader: SettingsReader) -> EventShape? {
        guard let value = reader.value("shape") else { return nil }
        if reader.value("includeRaw") == .bool(true) {
            reader.fail(
                "shape",
                "does not go with \"includeRaw\": a shaped body has no place for it; remove one of them"
            )
        }
        return EventShape.read(value, at: reader.path(of: "shape"), into: problems)
    }
}
