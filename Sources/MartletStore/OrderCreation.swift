// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletWire

/// What came of a shop's wish for an order (`Watcher.createOrder`).
package enum OrderCreation: Sendable {
    /// Its secrets and its watch are stored.
    case created(CreatedOrder)
    /// There is no such source, or none at which orders are created; those that are.
    case unknownSource(among: [SourceID])
    /// A setting is missing; which one, and the remedy.
    case notConfigured(String)
    case malformed([RegistrationRefusal.Problem])
    /// The order would belong to a shop that the caller may not see.
    case otherShop(String)
    /// Its secrets could not be stored, so the provider was not asked.
    case cannotStore(StoreError)
    /// Too many orders at once; when to come back.
    case turnedAway(until: Timestamp, now: Timestamp)
    case refused(status: Int, message: String?, retryAfter: Duration?)
    case notSent(cause: String)
    /// The provider may have an order of which nobody knows the numbers.
    case unknown(cause: String, message: String?)
    /// The provider has an order whose secrets could not be stored.
    case notStored(orderID: String, StoreError)
}

/// An order as the provider has it, and the watch that follows it.
package struct CreatedOrder: Sendable, Equatable {
    package var watch: WatchID
    package var order: KnownOrder
    /// What the provider says of it; holds what the payer's page needs.
    package var answer: JSONObject

    package init(watch: WatchID, order: KnownOrder, answer: JSONObject) {
        self.watch = watch
        self.order = order
        self.answer = answer
    }
}
