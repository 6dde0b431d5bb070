// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Synchronization

/// The deliveries that this process has in hand: claimed, or handed over at their commit.
///
/// One process has the file (`StoreLock`), so a claim need not be written: the row stays `pending` with its due time, and
/// after a crash it is simply due. The writer changes the set, readers ask it which pending rows are in flight.
final class Claims: Sendable {
    private let held = Mutex<[EndpointID: Set<Int64>]>([:])

    func insert(_ id: Int64, _ endpoint: EndpointID) {
        held.withLock { _ = $0[endpoint, default: []].insert(id) }
    }

    /// False if it was not held.
    @discardableResult
    func remove(_ id: Int64, _ endpoint: EndpointID) -> Bool {
        held.withLock { $0[endpoint]?.remove(id) != nil }
    }

    /// What is held for one endpoint.
    func ids(of endpoint: EndpointID) -> Set<Int64> { held.withLock { $0[endpoint] ?? [] } }

    /// All that is held; at most the windows of all lanes together.
    var ids: Set<Int64> { held.withLock { $0.values.reduce(into: []) { $0.formUnion($1) } } }

    var count: Int { held.withLock { $0.values.reduce(0) { $0 + $1.count } } }
}
