// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the admin API may ask of orders; the gateway's is the watcher.
package protocol OrderControl: Sendable {
    /// Has the source's provider create an order, and stores its secrets and watch.
    ///
    /// `shops`: those that the order may belong to; nil for all.
    func createOrder(_ request: [UInt8], at source: SourceID, shops: Set<String>?) async -> OrderCreation
}
