// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import Synchronization

/// The sources and endpoints in force: one immutable snapshot, exchanged whole on reload.
package struct Topology: Sendable {
    /// One source with its provider's rules and the way to a shop.
    package struct Source: Sendable {
        package var provider: any PushProvider
        /// The shop of an event, by the merchant's order number.
        package var shop: @Sendable (_ order: String?) -> String
        /// Every shop that `shop` may name; who may not see all of them does not see what the source has refused.
        package var shops: Set<String>

        package init(
            provider: any PushProvider,
            shops: Set<String> = [],
            shop: @escaping @Sendable (_ order: String?) -> String
        ) {
            self.provider = provider
            self.shops = shops
            self.shop = shop
        }
    }

    /// One endpoint with the window of its lane.
    package struct Subscriber: Sendable {
        package var endpoint: Endpoint
        package var gate: LaneGate
    }

    /// Pushing sources by the path of their hook.
    private let sources: [String: Source]
    package let subscribers: [Subscriber]

    package init(sources: [Source], subscribers: [Subscriber]) {
        let pairs = sources.map { (Self.path(of: $0.provider.source), $0) }
        self.sources = Dictionary(pairs) { first, _ in first }
        self.subscribers = subscribers
    }

    /// `/hooks/{provider}/{source id}` (contract section 3).
    package static func path(of source: SourceID) -> String { "/hooks/\(source.provider)/\(source.id)" }

    package func source(at path: String) -> Source? { sources[path] }
    package func source(_ id: SourceID) -> Source? { sources[Self.path(of: id)] }

    package var sourceIDs: [SourceID] { sources.values.map(\.provider.source).sorted() }

    /// The sources whose events all belong to these shops.
    package func sources(of shops: Set<String>) -> Set<SourceID> {
        Set(sources.values.filter { !$0.shops.isEmpty && $0.shops.isSubset(of: shops) }.map(\.provider.source))
    }
}

/// Holds the snapshot; read on every callback, exchanged on reload.
package final class TopologyBox: Sendable {
    private let value: Mutex<Topology>

    package init(_ topology: Topology) { value = Mutex(topology) }

    package var current: Topology { value.withLock { $0 } }
    package func exchange(_ topology: Topology) { value.withLock { $0 = topology } }
}
