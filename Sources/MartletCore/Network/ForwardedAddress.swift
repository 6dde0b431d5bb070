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
            guard let address = address(ofHop: hop) else { return sender }
            sender = address
        }
        return sender
    }

    /// Reads `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
    ///
    /// A port is told apart from an address's last group, since a proxy that adds ports would otherwise make up senders.
    private static func address(ofHop hop: Substring) -> IPAddress? {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var text = hop.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            guard let address = IPAddress(text[text.index(after: text.startIndex)..<end]) else { return nil }
            return address
        }
        if let colon = text.firstIndex(of: ":"), isPort(text[colon...]), text[..<colon].contains(".") {
            return IPAddress(text[..<colon])
        }
        return IPAddress(text)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.utf8.count > 1 && text.utf8.dropFirst().allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}
