// SPDX-License-Identifier: Apache-2.0
import MartletRuntime
import Synchronization

/// Lets an actor own a mailbox that refers back to it: the mailbox can only be made once the actor exists.
final class MailboxHolder: Sendable {
    private let mailbox = Mutex<Mailbox<Dispatcher.Message>?>(nil)

    func open(_ mailbox: Mailbox<Dispatcher.Message>) { self.mailbox.withLock { $0 = mailbox } }
    func post(_ message: Dispatcher.Message) { mailbox.withLock { $0 }?.post(message) }
}
