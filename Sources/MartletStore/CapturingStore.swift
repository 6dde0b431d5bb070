// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// How events, refused callbacks and attempts come in.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol CapturingStore: Sendable {
    /// Stores one proven event with its raw callback, its dedupe key and its deliveries in one transaction.
    ///
    /// A final event closes the watch of its source whose subject is the event's object or order.
    /// In that transaction the store looks up the dedupe key, then asks `ObjectHistory.admit` for flags; an event that
    /// earns a withholding flag is stored with that flag (its envelope rendered anew) and without deliveries.
    func capture(_ capture: Capture, completion: @escaping Completion<CaptureOutcome>)

    /// Keeps a refused callback. Oldest rows of the source go first once `QuarantineLimits` is reached.
    func quarantine(_ callback: QuarantinedCallback, completion: @escaping Completion<Void>)

    /// Stores an event out of quarantine and removes its row, in one transaction.
    ///
    /// A duplicate removes the row as well. Nil: the row is gone, released or removed meanwhile, and nothing was written.
    func capture(
        _ capture: Capture,
        releasing row: QuarantineID,
        completion: @escaping Completion<CaptureOutcome?>
    )

    /// Keeps a hint; a hint for an order that is already waiting only updates that row.
    func keep(_ hint: KeptHint, completion: @escaping Completion<Void>)

    /// Writes attempts and what becomes of their deliveries, all of them or none.
    ///
    /// Recording the same attempt again changes nothing.
    /// `announcing`: operational events that tell of it, captured in the same transaction.
    func record(_ records: [AttemptRecord], announcing: [Capture], completion: @escaping Completion<Void>)
}
