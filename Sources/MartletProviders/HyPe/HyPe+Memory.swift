// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension HyPe {
    /// What is kept of an invoice between two polls: the readings' state and what the schedule needs.
    package struct Memory: Sendable, Equatable {
        package var state: State
        /// Polls in a row that brought no status.
        package var failures: Int
        /// When it was first seen as paid; a refund may follow.
        package var paidAt: Timestamp?

        package init(state: State = State(), failures: Int = 0, paidAt: Timestamp? = nil) {
            self.state = state
            self.failures = failures
            self.paidAt = paidAt
        }

        /// Reads what `json` wrote; members that are missing or odd count as unknown.
        package init(_ json: [UInt8]) {
            self.init()
            guard let object = try? JSONReader.readObject(json).object else { return }
            func integer(_ name: String) -> Int64? {
                if case .number(let text) = object[name] { return Int64(text) }
                return nil
            }
            state.lastStatus = object["lastStatus"]?.string
            state.knownIdentifier = object["knownIdentifier"]?.string
            state.reportedFault = object["reportedFault"]?.string
            state.transientFaults = Int(integer("transientFaults") ?? 0)
            failures = Int(integer("failures") ?? 0)
            paidAt = integer("paidAt").map { Timestamp(milliseconds: $0) }
        }

        /// For `Watch.memory`.
        package var json: [UInt8] {
            var json = JSONWriter()
            json.beginObject()
            json.member("lastStatus", state.lastStatus)
            json.member("knownIdentifier", state.knownIdentifier)
            json.member("reportedFault", state.reportedFault)
            json.member("transientFaults", integer: Int64(state.transientFaults))
            json.member("failures", integer: Int64(failures))
            json.member("paidAt", integer: paidAt?.milliseconds)
            json.endObject()
            return json.bytes
        }
    }
}
