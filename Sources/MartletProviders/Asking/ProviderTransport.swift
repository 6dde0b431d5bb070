// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import Synchronization

/// Sends what providers are asked through the egress proxy, if there is one (docs/configuration.md, `delivery.proxy`).
///
/// Who has to leave through a proxy with deliveries has to with these calls as well. An `apiBase` that itself names the
/// loopback or another special network is asked directly: it is a stand-in or a relay of the operator's own, and the
/// proxy, whose loopback is another one, is there for the Internet.
package final class ProviderTransport: Transport {
    private let base: any Transport
    private let proxy: Mutex<EgressProxy?>

    package init(_ base: any Transport, proxy: EgressProxy?) {
        self.base = base
        self.proxy = Mutex(proxy)
    }

    /// Takes another proxy, or none, for the requests from now on; from any queue.
    package func update(proxy: EgressProxy?) { self.proxy.withLock { $0 = proxy } }

    package func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        var request = request
        if !Self.namesSpecialNetwork(request.url) { request.proxy = proxy.withLock { $0 } }
        base.send(request, completion: completion)
    }

    private static func namesSpecialNetwork(_ url: String) -> Bool {
        // What follows the host is no part of it; an address without a host is the transport's to refuse.
        guard let host = ProviderInterface.host(of: String(url.prefix { $0 != "?" })) else { return false }
        if host.lowercased() == "localhost" { return true }
        return IPAddress(host).map { !EgressPolicy().permits($0) } ?? false
    }
}
