// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What one client may ask of a listener; whoever asks for more is refused.
package struct HTTPLimits: Sendable {
    /// Bytes of the request line without its line end; 414 above.
    package var requestLine = 8192
    /// Bytes of all field lines with their line ends; 431 above.
    ///
    /// The parser's own ceiling is 80 KiB for the whole head.
    package var headerBlock = 16384
    /// Field lines; 431 above.
    package var headerCount = 100
    /// Bytes of a body without its framing; 413 above.
    package var body = 65536
    /// How long a connection may wait for the first byte of its next request; then it is closed without a word.
    package var idle: Duration = .seconds(60)
    /// From the first byte of a request to its last (408 then), and from an answer's first byte to its last.
    package var request: Duration = .seconds(30)
    /// How long a streamed body may be silent before its heartbeat is written.
    package var heartbeat: Duration = .seconds(15)
    /// Connections in all; 503 above.
    package var connections = 4096
    /// Connections from one address; 429 above.
    package var connectionsPerAddress = 512
    /// Trusted proxies, which carry many clients: no limit for each address.
    package var exempt: [AddressBlock] = []
    /// The text of every refusal.
    package var errorBody = "rejected"

    package init() {}

    /// How long a refused client may go on sending before it is cut off.
    var linger: Duration { min(request, .seconds(5)) }
    /// Bytes that a refused client may go on sending before it is cut off.
    var lingerBytes: Int { 64 << 20 }
    /// Bytes of framing around a chunked body: every byte in a chunk of its own, and some trailers.
    var chunkFraming: Int { 8 * body + headerBlock }
}
