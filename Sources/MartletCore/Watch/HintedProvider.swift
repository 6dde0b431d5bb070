// SPDX-License-Identifier: Apache-2.0

/// A watched provider whose callbacks only say "go and look" (SpectroCoin JSON, providers.md 3.3): a hint becomes a watch.
package protocol HintedProvider: WatchedProvider {
    /// What to store for a hint; `subject` is the same for every hint of an order, and `nextPollAt` is `now`.
    func plan(hint: Hint, now: Timestamp) -> WatchPlan
}
