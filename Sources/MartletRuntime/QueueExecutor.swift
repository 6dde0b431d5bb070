// SPDX-License-Identifier: Apache-2.0
package import Dispatch

/// Makes a serial Dispatch queue the executor of actors, so that Dispatch sources, C callbacks and actor state
/// meet on one queue and the compiler checks the isolation (SE-0392).
package final class QueueExecutor: SerialExecutor {
    /// The serial queue.
    ///
    /// Its label names it in crash reports, such as `martlet.ingest.loop`.
    package let queue: DispatchQueue

    package init(label: String) {
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    package func enqueue(_ job: UnownedJob) {
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Traps unless called on the queue; what `assumeIsolated` relies on.
    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
