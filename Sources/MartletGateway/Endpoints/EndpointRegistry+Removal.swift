// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Logging
import MartletCore
import MartletEngine
import MartletRuntime
import MartletStore

/// The end of endpoints that were removed.
extension EndpointRegistry {
    private static let portion = 500
    private static let pause = Duration.seconds(1)

    /// Cancels what is pending in portions; returns how many were cancelled, and what put an end to it too early.
    func cancelPending(of id: EndpointID) async -> (cancelled: Int, failure: StoreError?) {
        var cancelled = 0
        do throws(StoreError) {
            while true {
                let count = try await store.cancelPending(of: id, limit: Self.portion)
                cancelled += count
                if count == 0 { return (cancelled, nil) }
            }
        } catch {
            return (cancelled, error)
        }
    }

    /// Looks again after a second, until nothing of the endpoint is under way; then its row goes.
    ///
    /// A callback that was judged by the endpoints before may have made a delivery meanwhile, and an attempt that was under
    /// way may have failed and be pending again.
    func finishRemoval(of id: EndpointID) {
        _ = schedule.schedule(at: schedule.now() + Self.pause, on: .global()) { [weak self] in
            Task { await self?.tryToFinish(id) }
        }
    }

    private func tryToFinish(_ id: EndpointID) async {
        if isStopped { return }
        await begin()
        defer { end() }
        do throws(StoreError) {
            // One of the file may have taken its place meanwhile: then lane and deliveries are that one's.
            if !isOfFile(id) {
                let (cancelled, failure) = await cancelPending(of: id)
                if let failure { throw failure }
                let isIdle = await dispatcher.forget(id)
                guard cancelled == 0, isIdle else { return finishRemoval(of: id) }
            }
            try await store.removeManagedEndpoint(id)
        } catch .closed {
            // The next start goes on.
        } catch {
            log.error(
                "endpoint not removed yet, trying again",
                metadata: ["endpoint": "\(id)", "error": "\(error.label)"]
            )
            finishRemoval(of: id)
        }
    }
}
