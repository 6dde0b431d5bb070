// SPDX-License-Identifier: Apache-2.0
package import Dispatch
package import Synchronization

/// Hands messages from any queue to one queue, many in a single hop.
///
/// A burst of posts wakes the receiving queue once; the receiver gets everything that has gathered, in order.
/// Its bound is the senders': each keeps a bounded number of messages under way.
package final class Mailbox<Message: Sendable>: Sendable {
    // Inlinable, so that each kind of message has code of its own: messages are large values, and a mailbox for any kind
    // would move them through witnesses.
    @usableFromInline struct State {
        @usableFromInline var messages: [Message] = []
        @usableFromInline var isScheduled = false

        @inlinable init() {}
    }

    @usableFromInline let state = Mutex(State())
    @usableFromInline let queue: DispatchQueue
    @usableFromInline let receive: @Sendable ([Message]) -> Void

    /// `receive`: called on `queue`, never with an empty list.
    @inlinable package init(queue: DispatchQueue, receive: @escaping @Sendable ([Message]) -> Void) {
        self.queue = queue
        self.receive = receive
    }

    @inlinable package func post(_ message: Message) {
        let mustSchedule = state.withLock { state in
            state.messages.append(message)
            if state.isScheduled { return false }
            state.isScheduled = true
            return true
        }
        if mustSchedule { queue.async { self.drain() } }
    }

    @inlinable func drain() {
        let batch = state.withLock { state in
            state.isScheduled = false
            var batch: [Message] = []
            swap(&batch, &state.messages)
            return batch
        }
        if !batch.isEmpty { receive(batch) }
    }
}
