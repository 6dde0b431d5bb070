// SPDX-License-Identifier: Apache-2.0
import Dispatch
import GRDB
package import MartletCore
package import MartletStore
import Synchronization

/// The embedded store: one SQLite file in WAL mode, one writer that commits in groups, readers that never block it.
///
/// See docs/store.md for tables, durability and limits.
package final class SQLiteEventStore: EventStore {
    /// The database file.
    package let path: String
    let pool: DatabasePool
    let limits: QuarantineLimits
    let claims: Claims
    /// What seals secrets before they are written, and opens them.
    let sealing: SealerBox
    /// Nil when the file was opened for reading only.
    let recent: RecentEvents?
    /// Nil when the file was opened for reading only.
    let commits: CommitQueue?
    /// Nil when the file was opened for reading only.
    private let lock: StoreLock?
    private let isClosed = Atomic(false)

    /// Opens the file, or makes it with its folder, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - path: the database file.
    ///   - limits: what one source may keep in quarantine.
    ///   - maxWaitingWrites: writes that may wait for the disk; more are answered `overloaded`.
    ///   - sealing: what seals secrets; without a key none is stored.
    ///   - indexRun: new events after which their ids go into the index (`RecentEvents`); a start reads up to twice as many.
    /// - Throws: `cannotOpen`, `readOnly`, `full` or `newerSchema`, with what to do about it.
    package convenience init(
        path: String,
        limits: QuarantineLimits = .init(),
        maxWaitingWrites: Int = 8192,
        sealing: SealerBox = SealerBox(),
        indexRun: Int = 65_536
    ) throws(StoreError) {
        try SQLiteFile.create(path)
        let lock = try StoreLock(path: path)
        let pool = try SQLiteFile.open(path: path)
        let checkpointer: Checkpointer
        let recent: RecentEvents
        do {
            checkpointer = try Checkpointer(path: path)
            recent = try pool.read { database in
                RecentEvents(try SQLiteFile.eventsWithoutIndex(database), runLength: indexRun)
            }
        } catch {
            throw .sqlite(error, operation: "open", path: path)
        }
        let claims = Claims()
        self.init(
            path: path,
            pool: pool,
            limits: limits,
            claims: claims,
            sealing: sealing,
            recent: recent,
            commits: CommitQueue(
                pool: pool,
                checkpointer: checkpointer,
                claims: claims,
                recent: recent,
                maxWaiting: maxWaitingWrites
            ),
            lock: lock
        )
    }

    /// Opens the file for commands that look at it while a gateway runs; every write answers `readOnly`.
    ///
    /// - Throws: `cannotOpen` or `newerSchema`.
    package static func openReadOnly(path: String) throws(StoreError) -> SQLiteEventStore {
        SQLiteEventStore(
            path: path,
            pool: try SQLiteFile.openReadOnly(path: path),
            limits: .init(),
            claims: Claims(),
            sealing: SealerBox(),
            recent: nil,
            commits: nil,
            lock: nil
        )
    }

    private init(
        path: String,
        pool: DatabasePool,
        limits: QuarantineLimits,
        claims: Claims,
        sealing: SealerBox,
        recent: RecentEvents?,
        commits: CommitQueue?,
        lock: StoreLock?
    ) {
        self.path = path
        self.pool = pool
        self.limits = limits
        self.claims = claims
        self.sealing = sealing
        self.recent = recent
        self.commits = commits
        self.lock = lock
    }

    package func close() async {
        if let commits, await !commits.close() { return }
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // Closing waits for readers, and must not do so on a thread of the shared pool.
            DispatchQueue.global().async { [pool, lock] in
                // A failure leaves the file to the operating system; everything that was promised is on disk.
                try? pool.close()
                lock?.release()
                continuation.resume()
            }
        }
    }

    // MARK: the two ways in

    func write<Value: Sendable>(
        _ operation: String,
        completion: @escaping Completion<Value>,
        _ body: @escaping @Sendable (WriteConnection) throws -> Value
    ) {
        let command = WriteCommand(operation, body, completion: completion)
        if let commits {
            commits.submit(command)
        } else {
            let refusal = StoreError.readOnly(
                "\(path): the store was opened for reading; only the gateway writes to it"
            )
            DispatchQueue.global().async { command.fail(refusal) }
        }
    }

    func write<Value: Sendable>(
        _ operation: String,
        _ body: @escaping @Sendable (WriteConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            write(operation, completion: { continuation.resume(returning: $0) }, body)
        }
        return try result.get()
    }

    /// Reads one snapshot on a reader's own queue.
    func read<Value: Sendable>(
        _ operation: String,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        if isClosed.load(ordering: .sequentiallyConsistent) { throw .closed }
        let path = path
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { access in
                let read = Result { try body(access.get()) }
                continuation.resume(returning: read.mapError { .sqlite($0, operation: operation, path: path) })
            }
        }
        // A read that lost the race with `close` has found no connection.
        if case .failure(.failed) = result, isClosed.load(ordering: .sequentiallyConsistent) { throw .closed }
        return try result.get()
    }
}

extension SQLiteEventStore {
    package func capture(_ capture: Capture, completion: @escaping Completion<CaptureOutcome>) {
        write("capture", completion: completion) { try $0.capture(capture) }
    }

    package func quarantine(_ callback: QuarantinedCallback, completion: @escaping Completion<Void>) {
        write("quarantine", completion: completion) { [limits] in try $0.quarantine(callback, limits: limits) }
    }

    package func keep(_ hint: KeptHint, completion: @escaping Completion<Void>) {
        write("keep hint", completion: completion) { try $0.keep(hint) }
    }

    package func record(
        _ records: [AttemptRecord],
        announcing: [Capture],
        completion: @escaping Completion<Void>
    ) {
        write("record attempts", completion: completion) { connection in
            for record in records { try connection.record(record) }
            for capture in announcing { _ = try connection.capture(capture) }
        }
    }

    package func claimDue(
        _ endpoint: EndpointID,
        now: Timestamp,
        limit: Int,
        includingRaw: Bool,
        completion: @escaping Completion<ClaimedBatch>
    ) {
        write("claim due", completion: completion) {
            try $0.claimDue(endpoint, now: now, limit: limit, includingRaw: includingRaw)
        }
    }

    package func release(_ deliveries: [DeliveryID], of endpoint: EndpointID, completion: @escaping Completion<Void>) {
        write("release", completion: completion) { $0.release(deliveries, of: endpoint) }
    }

    package func save(_ order: KnownOrder, of source: SourceID) async throws(StoreError) {
        try await write("save order") { [sealing] in try $0.save(order, of: source, sealing.current) }
    }

    package func probe() async throws(StoreError) {
        try await write("probe") { try $0.probe() }
        if let refusal = commits?.space.standing(free: SQLiteFile.free(beside: path)) { throw refusal }
    }

    package func prune(
        _ horizon: RetentionHorizon,
        from place: PrunePlace
    ) async throws(StoreError) -> PruneProgress {
        try await write("prune") { try $0.prune(horizon, from: place) }
    }
}
