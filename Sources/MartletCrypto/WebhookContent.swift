// SPDX-License-Identifier: Apache-2.0

/// What the signatures of one attempt cover, laid out once: `id.timestamp.body` (Standard Webhooks 1.0.0).
///
/// Other systems sign an end of the same bytes, `timestamp.body` or the body alone.
package struct WebhookContent: Sendable {
    let bytes: [UInt8]
    private let timestampStart: Int
    private let bodyStart: Int

    /// `timestamp`: the header's text.
    package init(id: String, timestamp: String, body: [UInt8]) {
        timestampStart = id.utf8.count + 1
        bodyStart = timestampStart + timestamp.utf8.count + 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bodyStart + body.count)
        bytes.append(contentsOf: id.utf8)
        bytes.append(0x2E)
        bytes.append(contentsOf: timestamp.utf8)
        bytes.append(0x2E)
        bytes.append(contentsOf: body)
        self.bytes = bytes
    }

    var timestamp: ArraySlice<UInt8> { bytes[timestampStart..<bodyStart - 1] }
    var timestampAndBody: ArraySlice<UInt8> { bytes[timestampStart...] }
    var body: ArraySlice<UInt8> { bytes[bodyStart...] }
}
