// SPDX-License-Identifier: Apache-2.0

/// What the signatures of one attempt cover: `id.timestamp.body` (Standard Webhooks 1.0.0).
///
/// Other systems sign an end of the same bytes, `timestamp.body` or the body alone. The body is not copied: it is large
/// beside the rest, and the usual signature takes the parts one after the other.
package struct WebhookContent: Sendable {
    /// The id and the timestamp, each with its dot.
    let head: [UInt8]
    let body: [UInt8]
    private let timestampStart: Int

    /// `timestamp`: the header's text.
    package init(id: String, timestamp: String, body: [UInt8]) {
        timestampStart = id.utf8.count + 1
        var head: [UInt8] = []
        head.reserveCapacity(timestampStart + timestamp.utf8.count + 1)
        head.append(contentsOf: id.utf8)
        head.append(0x2E)
        head.append(contentsOf: timestamp.utf8)
        head.append(0x2E)
        self.head = head
        self.body = body
    }

    /// All of it in one piece.
    var bytes: [UInt8] { head + body }
    var timestamp: ArraySlice<UInt8> { head[timestampStart..<head.count - 1] }
    var timestampAndBody: [UInt8] { head[timestampStart...] + body }
}
