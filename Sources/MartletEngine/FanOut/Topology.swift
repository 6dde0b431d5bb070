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

        package init(provider: any PushProvider, shop: @escaping @Sendable (_ order: String?) -> String) {
            self.provider = provider
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
}

/// Holds the snapshot; read on every callback, exchanged on reload.
package final class TopologyBox: Sendable {
    private let value: Mutex<Topology>

    package init(_ topology: Topology) { value = Mutex(topology) }

    package var current: Topology { value.withLock { $0 } }
    package func exchange(_ topology: Topology) { value.withLock { $0 = topology } }
}
