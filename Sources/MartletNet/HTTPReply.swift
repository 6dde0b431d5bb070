// SPDX-License-Identifier: Apache-2.0
import MartletRuntime

/// The one answer that a request waits for.
///
/// Every request must get one: without it the connection is held until the client goes or the listener drains.
package struct HTTPReply: Sendable {
    private enum Destination {
        case connection(Mailbox<Answer>, descriptor: Int32, serial: UInt64)
        case function(@Sendable (HTTPResponse) -> Void)
    }

    /// An answer on its way to the listener's queue.
    struct Answer: Sendable {
        var descriptor: Int32
        var serial: UInt64
        /// Nil: the stream of an answer that was given before has more.
        var response: HTTPResponse?
    }

    private let destination: Destination

    init(mailbox: Mailbox<Answer>, descriptor: Int32, serial: UInt64) {
        destination = .connection(mailbox, descriptor: descriptor, serial: serial)
    }

    /// A reply that ends in a function instead of a connection: handlers are tested without a socket.
    package init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
        destination = .function(deliver)
    }

    /// Answers the request, once; from any queue.
    ///
    /// An answer to a connection that has gone, and a second answer, are ignored, and their streams end. Answers that are
    /// sent in a burst reach the listener in one hop.
    package func send(_ response: HTTPResponse) {
        switch destination {
        case .connection(let mailbox, let descriptor, let serial):
            response.stream?.attach { mailbox.post(Answer(descriptor: descriptor, serial: serial, response: nil)) }
            mailbox.post(Answer(descriptor: descriptor, serial: serial, response: response))
        case .function(let deliver): deliver(response)
        }
    }
}
