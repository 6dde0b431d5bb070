// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Logging
import MartletCore
import MartletEngine
import MartletRuntime
import MartletStore

/// Changes that are on disk come into force, if not at once then later.
extension EndpointRegistry {
    private static let pause = Duration.seconds(1)

    /// Puts what has just been stored into force; false if that failed and is tried again every second.
    ///
    /// It throws nothing: whoever made the change must hear of it, and of its secrets.
    @discardableResult func enforce() async -> Bool {
        do {
            try await apply(configuration)
            return true
        } catch {
            if error as? StoreError == .closed { return false }
            log.error("a changed endpoint is not in force yet, trying again", metadata: ["error": "\(error)"])
            // Then it is about to be tried again as it is.
            if isBehind { return false }
            isBehind = true
            _ = schedule.schedule(at: schedule.now() + Self.pause, on: .global()) { [weak self] in
                Task { await self?.enforceAgain() }
            }
            return false
        }
    }

    private func enforceAgain() async {
        if isStopped { return }
        await begin()
        defer { end() }
        // A later change or a reload may have done it.
        guard isBehind else { return }
        isBehind = false
        await enforce()
    }
}
