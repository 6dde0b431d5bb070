// SPDX-License-Identifier: Apache-2.0

/// The HTTP proxy through which deliveries leave (docs/configuration.md, `delivery.proxy`).
///
/// A class for the same reason as `EndpointTLS`.
package final class EgressProxy: Sendable, Equatable {
    /// `http://HOST:PORT`, without user information.
    package let url: String
    /// The value of `Proxy-Authorization` (RFC 9110 section 11.7.2); only the proxy sees it.
    package let authorization: Secret?

    package init(url: String, authorization: Secret? = nil) {
        self.url = url
        self.authorization = authorization
    }

    package static func == (left: EgressProxy, right: EgressProxy) -> Bool {
        left === right || (left.url == right.url && left.authorization == right.authorization)
    }
}
