// SPDX-License-Identifier: Apache-2.0
import Dispatch
import GRDB
import MartletStore
import Synchronization

/// One write: what it does inside the transaction, and how its submitter learns what became of it.
struct WriteCommand: Sendable {
    /// Runs inside the transaction; what it returns is called after the commit.
    let perform: @Sendable (WriteConnection) throws -> @Sendable () -> Void
    /// Called once, instead, if nothing of this write is on disk.
    let fail: @Sendable (StoreError) -> Void
    /// For error messages, such as `capture`.
    let operation: String

    init<Value: Sendable>(
        _ operation: String,
        _ body: @escaping @Sendable (WriteConnection) throws -> Value,
        completion: @escaping Completion<Value>
    ) {
        self.operation = operation
        perform = { connection in
            let value = try body(connection)
            return { completion(.success(value)) }
        }
        fail = { completion(.failure($0)) }
    }
}

/// Commits whatever has gathered while the last commit ran: one writer, no timer.
///
/// The transaction grows with the load by itself: alone, a write waits for nobody; under load, hundreds share one
/// `fdatasync`. Completions are called on a queue of their own.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [WriteCommand] = []
        var isScheduled = false
        var isClosed = false
    }

    /// The most writes in one transaction: beyond that the gain is small and every write waits longer.
    static let batchLimit = 512

    private let pool: DatabasePool
    private let checkpointer: Checkpointer
    private let claims: Claims
    private let recent: RecentEvents
    private let maxWaiting: Int
    private let state = Mutex(State())
    let space = LackOfSpace()
    private let connection = ConnectionSlot()
    /// Completions are called here, in the order of the commits, while the writer is at the next commit already.
    ///
    /// Refusals too: at once, yet never inside the call that is refused.
    private let answers = DispatchQueue(label: "martlet.store.answers", qos: .userInitiated)

    init(pool: DatabasePool, checkpointer: Checkpointer, claims: Claims, recent: RecentEvents, maxWaiting: Int) {
        self.pool = pool
        self.checkpointer = checkpointer
        self.claims = claims
        self.recent = recent
        self.maxWaiting = maxWaiting
    }

    /// Writes that wait for the transaction that runs.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func submit(_ command: WriteCommand) {
        let refusal: StoreError? = enqueue(command)
        if let refusal { answers.async { command.fail(refusal) } }
    }

    /// Lets what was submitted finish and gives the prepared statements back.
    ///
    /// Later writes answer `closed`.
    ///
    /// - Returns: false if the queue had been closed before.
    func close() async -> Bool {
        let isFirst = state.withLock { state in
            let isFirst = !state.isClosed
            state.isClosed = true
            return isFirst
        }
        guard isFirst else { return false }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // The writer's queue is serial, and a drain that is scheduled runs until nothing waits.
            pool.asyncWriteWithoutTransaction { database in
                self.connection.value = nil
                self.checkpointer.unfollow(database)
                self.checkpointer.close()
                // The pool's readers close last and may not copy the log into the file. If a reader is in the way the
                // log stays, and the next start finds it.
                _ = try? database.checkpoint(.truncate)
                continuation.resume()
            }
        }
        return true
    }

    /// Copies the log into the file and cuts it to nothing, so that it no longer shows what the file has lost.
    ///
    /// - Returns: whether that was possible now; otherwise it is tried again with later copies.
    func clearLog() async -> Bool { await checkpointer.clearLog() }

    private func enqueue(_ command: WriteCommand) -> StoreError? {
        let (refusal, mustSchedule) = state.withLock { state -> (StoreError?, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.waiting.count >= maxWaiting { return (.overloaded, false) }
            state.waiting.append(command)
            defer { state.isScheduled = true }
            return (nil, !state.isScheduled)
        }
        if mustSchedule {
            pool.asyncWriteWithoutTransaction { database in self.drain(database) }
        }
        return refusal
    }

    private func drain(_ database: Database) {
        let connection = connection.value ?? begin(database)
        while let batch = nextBatch() { commit(batch, on: connection) }
    }

    private func begin(_ database: Database) -> WriteConnection {
        let connection = WriteConnection(database, claims: claims, recent: recent)
        self.connection.value = connection
        checkpointer.follow(database)
        return connection
    }

    private func nextBatch() -> [WriteCommand]? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isScheduled = false
                return nil
            }
            var batch: [WriteCommand] = []
            if state.waiting.count <= Self.batchLimit {
                swap(&batch, &state.waiting)
            } else {
                batch = Array(state.waiting.prefix(Self.batchLimit))
                state.waiting.removeFirst(Self.batchLimit)
            }
            return batch
        }
    }

    private func commit(_ batch: [WriteCommand], on connection: WriteConnection) {
        do {
            let finished = try connection.inTransaction { try batch.map { try $0.perform(connection) } }
            space.committed { batch.contains { $0.operation == "capture" } }
            answers.async { for finish in finished { finish() } }
        } catch let error as DatabaseError where error.concernsEveryWrite {
            fail(batch, error)
        } catch  where batch.count > 1 {
            // Only the culprit shall fail; the others are made again, each on its own.
            for command in batch { commit([command], on: connection) }
        } catch {
            fail(batch, error)
        }
    }

    private func fail(_ batch: [WriteCommand], _ error: any Error) {
        answers.async { for command in batch { command.fail(self.storeError(error, command)) } }
    }

    private func storeError(_ error: any Error, _ command: WriteCommand) -> StoreError {
        let error = StoreError.sqlite(error, operation: command.operation, path: pool.path)
        space.failed(error)
        return error
    }
}

/// Keeps the connection-bound statements where only the writer's queue reaches them.
// @unchecked: `value` is read and written inside accesses of the pool's writer only, and those are serial.
private final class ConnectionSlot: @unchecked Sendable {
    var value: WriteConnection?
}
