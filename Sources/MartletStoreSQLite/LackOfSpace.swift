// SPDX-License-Identifier: Apache-2.0
import MartletStore
import Synchronization

/// Whether callbacks are refused for want of space.
///
/// A small write may still fit where a callback does not, so that a probe of one page does not tell.
final class LackOfSpace: Sendable {
    /// With so many bytes free a callback is tried again.
    static let enough: Int64 = 4 << 20

    private let refusal = Mutex<StoreError?>(nil)

    /// A write has failed.
    func failed(_ error: StoreError) {
        if case .full = error { refusal.withLock { $0 = error } }
    }

    /// A transaction is on disk; `hasCallback` tells whether a callback was in it.
    func committed(_ hasCallback: () -> Bool) {
        refusal.withLock { if $0 != nil, hasCallback() { $0 = nil } }
    }

    /// Why the next callback will be refused; nil if nothing speaks for it.
    ///
    /// `free`: the bytes that are left beside the store, nil if that cannot be told.
    func standing(free: Int64?) -> StoreError? {
        refusal.withLock { refusal in
            if let free, free >= Self.enough { refusal = nil }
            return refusal
        }
    }
}
