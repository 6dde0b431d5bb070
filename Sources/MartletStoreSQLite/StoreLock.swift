// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletStore
import Synchronization

/// Keeps a second gateway away from a store: it would take deliveries that the first one is sending for left over.
///
/// An advisory lock on a file of its own beside the database (flock(2)); the kernel gives it back when the process
/// ends, however it ends.
final class StoreLock: Sendable {
    private let descriptor: Mutex<Int32>

    /// - Throws: `cannotOpen` if another process holds the lock, or the file cannot be made.
    init(path: String) throws(StoreError) {
        let file = path + ".lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(
                "\(file): the lock file cannot be made; give its folder to the user that runs the gateway"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            throw .cannotOpen(
                "\(path): another gateway uses this store; stop it, or give this one a store of its own"
            )
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the lock back; doing so twice is harmless.
    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}
