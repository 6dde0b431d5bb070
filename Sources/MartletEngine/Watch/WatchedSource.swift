// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// One source that is asked, with the way to a shop.
package struct WatchedSource: Sendable {
    package var provider: any WatchedProvider
    /// Where the provider is to send notifications of the source's orders; nil if the gateway does not know its own
    /// public address.
    package var hook: String?
    /// The shop of an event, by the merchant's order number.
    package var shop: @Sendable (_ order: String?) -> String
    /// Every shop that `shop` may name.
    package var shops: Set<String>

    package init(
        provider: any WatchedProvider,
        hook: String? = nil,
        shops: Set<String> = [],
        shop: @escaping @Sendable (_ order: String?) -> String
    ) {
        self.provider = provider
        self.hook = hook
        self.shops = shops
        self.shop = shop
    }

    /// The shop of a watch before any event has told the merchant's order number.
    func shop(of plan: WatchPlan) -> String {
        shop(plan.order?.merchantOrderID ?? plan.merchantOrderID ?? plan.watch.subject)
    }
}
