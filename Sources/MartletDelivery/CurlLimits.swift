// SPDX-License-Identifier: Apache-2.0

/// Bounds of a `CurlTransport`.
package struct CurlLimits: Sendable, Equatable {
    /// Connections to one host and port at once; further transfers wait, within their timeout.
    ///
    /// 0 sets no limit.
    /// None by default: each endpoint has its own `maxInFlight`, and one that hangs must not hold up another at the
    /// same host.
    package var connectionsPerHost = 0
    /// Connections that are kept, in use or idle; beyond that the oldest idle one is closed.
    package var cachedConnections = 512
    /// Easy handles kept for the next transfer.
    package var idleHandles = 256
    /// Transfers at once; further ones wait in order, and their timeout has not begun.
    ///
    /// A bound on descriptors, well above what 200 hanging endpoints with the default `maxInFlight` hold.
    package var runningTransfers = 4096
    /// Bytes of answer headers that are kept; later fields are left out of the result.
    package var headerBytesKept = 8192
    /// Bytes of answer headers that are read, interim answers and trailers included; more is `too-large`.
    package var headerBytesRead = 65_536
    /// Time to resolve, connect and shake hands; never longer than the attempt's own timeout.
    package var connectTimeout = Duration.seconds(10)
    /// How long the addresses of a name are used before it is resolved again, in whole seconds; zero keeps none.
    package var nameCacheTime = Duration.seconds(60)

    package init() {}
}
