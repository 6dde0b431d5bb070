// SPDX-License-Identifier: Apache-2.0

/// Takes an answer's body as it comes, for answers that go on for as long as both sides like.
package final class BodySink: Sendable {
    /// Called on the transport's queue with each part of a 2xx answer's body; false ends the request.
    package let receive: @Sendable (UnsafeRawBufferPointer) -> Bool

    package init(_ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool) { self.receive = receive }
}

extension BodySink: Equatable {
    package static func == (left: BodySink, right: BodySink) -> Bool { left === right }
}
