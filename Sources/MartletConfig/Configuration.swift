// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto
package import MartletWire

/// Everything that one configuration file says, checked and with its defaults filled in (contract.md section 2).
package struct Configuration: Sendable {
    package var ingest: Ingest
    package var admin: Admin
    package var store: Store
    /// Ids of the shops, in the order of the file.
    package var shops: [String]
    package var sources: [SourceSettings]
    package var endpoints: [Endpoint]
    /// What endpoints without a setting of their own use.
    package var delivery: Delivery
    package var retention: Retention
    /// What seals secrets in the store; nil without `secretsKey`.
    package var secretBox: SecretBox?

    /// The listener for providers' callbacks.
    package struct Ingest: Sendable, Equatable {
        package var listen: ListenSetting
        /// Bytes of a body; 65,536 by default.
        package var maxBodyBytes: Int
        /// Peers whose forwarding headers are believed.
        package var trustedProxies: [AddressBlock]
        /// Where providers reach this listener, without a slash at its end; nil if that is not known.
        package var publicURL: String?
    }

    /// Where a source's provider is to call; nil without `ingest.publicURL`.
    package func hook(of source: SourceID) -> String? { ingest.publicURL.map { "\($0)/hooks/\(source)" } }

    /// The listener for operators.
    package struct Admin: Sendable, Equatable {
        package var listen: ListenSetting
        package var keys: [AdminKey]
    }

    /// A bearer key of the admin listener.
    package struct AdminKey: Sendable, Equatable {
        package var name: String
        package var key: Secret
        package var role: Role
        /// Shop ids, or `*` for all.
        package var shops: Set<String>
    }

    /// What an admin key may do; each role may also do what those before it may (contract.md section 6).
    package enum Role: String, Sendable, CaseIterable {
        case viewer
        case `operator`
        case admin
    }

    /// Where events live.
    package enum Store: Sendable, Equatable {
        /// A file; the path is resolved against the folder of the configuration file.
        case sqlite(path: String)
        /// A connection URL, which may hold a password. No file leads to it yet: this version refuses PostgreSQL.
        case postgres(url: Secret)
    }

    /// Defaults of every endpoint.
    package struct Delivery: Sendable, Equatable {
        package var schedule: RetrySchedule
        /// Time for a whole attempt; 15 s by default.
        package var timeout: Duration
        package var egress: EgressPolicy
        /// Nil: deliveries go straight to their endpoints.
        package var proxy: EgressProxy?
    }

    /// How long things are kept.
    package struct Retention: Sendable, Equatable {
        package var events: Duration
        /// Raw callbacks, which may hold personal data; never longer than their events.
        package var raw: Duration
        package var quarantine: Duration
        /// Keys that tell duplicates; never shorter than events.
        package var dedupe: Duration
        /// The audit log, and keys that were revoked.
        package var audit: Duration
    }
}

/// One source of the file: an account at a provider and the shop its events belong to.
///
/// Prints its id only: `raw` may hold a `plain:` secret.
package struct SourceSettings: Sendable, CustomStringConvertible, CustomReflectable {
    package var id: SourceID
    package var routing: ShopRouting
    /// The provider's rules for callbacks; nil for a provider that only is asked.
    package var push: (any PushProvider)?
    /// The provider's rules for watches; nil for one that cannot be asked.
    package var watched: (any WatchedProvider)?
    /// The source's object as it stands in the file, for the poller of a provider that is asked.
    package var raw: JSONObject
    /// What is odd about its settings, though not wrong: member and sentence.
    package var warnings: [String] = []

    package init(
        id: SourceID,
        routing: ShopRouting,
        push: (any PushProvider)?,
        watched: (any WatchedProvider)? = nil,
        raw: JSONObject
    ) {
        self.id = id
        self.routing = routing
        self.push = push
        self.watched = watched
        self.raw = raw
    }

    /// The provider's name, such as `cryptomus`.
    package var provider: String { id.provider }

    package func shop(forOrder order: String?) -> String { routing.shop(forOrder: order) }

    package var description: String { "source \(id)" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id, "routing": routing]) }
}

/// How a source finds the shop of an event.
package struct ShopRouting: Sendable, Equatable {
    package struct Rule: Sendable, Equatable {
        package var orderPrefix: String
        package var shop: String

        package init(orderPrefix: String, shop: String) {
            self.orderPrefix = orderPrefix
            self.shop = shop
        }
    }

    /// The first rule that matches wins.
    package var rules: [Rule]
    /// The shop of orders that no rule matches, and of events without an order number.
    package var fallback: String

    package init(rules: [Rule] = [], fallback: String) {
        self.rules = rules
        self.fallback = fallback
    }

    /// The shop of an order, by the merchant's order number; compared byte for byte.
    package func shop(forOrder order: String?) -> String {
        guard let order else { return fallback }
        return rules.first { order.utf8.starts(with: $0.orderPrefix.utf8) }?.shop ?? fallback
    }
}
