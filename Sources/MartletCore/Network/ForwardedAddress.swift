// SPDX-License-Identifier: Apache-2.0
/// Who sent a request that came through proxies.
package enum ForwardedAddress {
    /// The nearest address that is no trusted proxy, read from the right of `X-Forwarded-For`.
    ///
    /// Each proxy appends the peer it saw, so only what trusted proxies wrote is believed: the walk goes leftwards from
    /// the connection's own peer and ends at the first address that is not trusted, or at text that is no address.
    package static func sender(peer: IPAddress, forwardedFor: [String], trusted: [AddressBlock]) -> IPAddress {
        var sender = peer
        let hops = forwardedFor.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.reversed() {
            guard trusted.contains(where: { $0.contains(sender) }) else { return sender }
            let text = hop.filter { $0 != " " && $0 != "\t" && $0 != "[" && $0 != "]" }
            guard let address = IPAddress(text) else { return sender }
            sender = address
        }
        return sender
    }
}
