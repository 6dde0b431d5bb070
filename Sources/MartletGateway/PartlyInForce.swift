// SPDX-License-Identifier: Apache-2.0
package import MartletStore

/// A changed configuration is in force but for some parts, which stay as they were; says what to do about it.
package struct PartlyInForce: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why a part is not in force.
    package struct Failure: Sendable, Equatable {
        /// `watches` or `sweeps`.
        package var part: String
        package var error: StoreError
    }

    package var failures: [Failure]

    package var description: String {
        let parts = failures.map { "\($0.part) (\($0.error))" }.joined(separator: " and ")
        return "all but the \(parts) is in force; reload again with SIGHUP when the store is well"
    }
}
