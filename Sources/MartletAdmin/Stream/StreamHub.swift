// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletStore
import MartletWire
import Synchronization

/// All live streams: who follows what, and where the news comes from.
///
/// Events are read from the store in the order of their commits, by each stream from its own place; a commit only wakes the
/// streams. So catching up and going on live are one and the same, with no seam at which an event is lost or told twice,
/// and a slow reader reads later instead of filling memory. Everything else is told live, and ends a stream that does not
/// keep up. While nobody listens, nothing is gathered.
final class StreamHub: Sendable {
    /// Streams at once, in all and of one key.
    static let places = 64
    static let placesOfOneKey = 8
    /// Changes that may wait to be told.
    static let waitingChanges = 4096

    struct Follower: Sendable {
        let filter: StreamFilter
        let access: ScopedAccess
        let guest: StreamGuest
        let body: HTTPBodyStream
        let wakes: AsyncStream<Void>
        let wake: AsyncStream<Void>.Continuation
    }

    struct State {
        var followers: [Int: Follower] = [:]
        var lastNumber = 0
        /// What some follower wants.
        var kinds: Set<StreamKind> = []
        var changes: [ChangeFeed.Change] = []
        /// Changes that found no room.
        var missed = 0
        var isTelling = false
        /// The newest callback in quarantine that was told, or was there before; nil while nobody asks.
        var newestQuarantined: QuarantineID?
    }

    let state = Mutex(State())
    let store: any EventStore
    let control: any EndpointControl
    let changes: ChangeFeed
    let log: Logger
    let rounds = Rounds { try? await Task.sleep(for: StreamHub.regularly) }

    init(store: any EventStore, control: any EndpointControl, changes: ChangeFeed, log: Logger) {
        self.store = store
        self.control = control
        self.changes = changes
        self.log = log
    }

    deinit { rounds.end() }

    /// Streams that are open.
    var count: Int { state.withLock { $0.followers.count } }

    /// Begins a stream.
    ///
    /// `after`: the position that the client has read up to; nil begins with what comes next.
    func open(
        _ filter: StreamFilter,
        _ access: ScopedAccess,
        for guest: StreamGuest,
        after: Int64?
    ) async throws -> HTTPResponse {
        let (number, follower) = try add(filter, access, guest)
        do {
            // After the stream is in the list: a key that ends from here on ends it.
            guard guest.isAdmitted() else { throw StreamGuest.hasLeft }
            // After the stream is in the list: what is stored from here on wakes it.
            let newest = try await store.events(after: .max, EventFeedQuery(limit: 1)).newest
            if let after, after > newest {
                throw Problem(
                    field: "after",
                    rule: "is ahead of the newest event, which is \(newest)",
                    remedy:
                        "it may be of another gateway; leave it out, and Last-Event-ID too, to begin with what comes next"
                )
            }
            if filter.kinds.contains(.quarantine) { try await noteQuarantine() }
            let position = after ?? newest
            follower.body.write(Self.hello(filter, at: position))
            if filter.kinds.contains(.event) { Task { await follow(follower, from: position) } }
            follower.wake.yield()
        } catch {
            remove(number)
            throw error
        }
        var response = HTTPResponse(
            status: 200,
            headers: HeaderFields([
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"),
                // A reverse proxy (nginx) would gather events otherwise.
                ("X-Accel-Buffering", "no"),
            ])
        )
        response.stream = follower.body
        return response
    }

    /// Ends every stream with a word why.
    func endAll(_ reason: StreamEnd) {
        let followers = state.withLock { Array($0.followers.values) }
        for follower in followers { follower.body.finish(ServerSentEvent.end(reason)) }
    }

    /// Ends the streams whose keys or sessions have ended.
    func review() {
        let followers = state.withLock { Array($0.followers.values) }
        for follower in followers where !follower.guest.isAdmitted() {
            follower.body.finish(ServerSentEvent.end(.key))
        }
    }

    private func add(
        _ filter: StreamFilter,
        _ access: ScopedAccess,
        _ guest: StreamGuest
    ) throws(Problem) -> (Int, Follower) {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let body = HTTPBodyStream(
            heartbeat: ServerSentEvent.heartbeat,
            lastWords: { ServerSentEvent.end(StreamEnd($0)) },
            ended: { [weak self] _ in self?.remove(number) }
        )
        let follower = Follower(filter: filter, access: access, guest: guest, body: body, wakes: wakes, wake: wake)
        let problem = state.withLock { state -> Problem? in
            if let problem = Self.refusal(of: guest, among: state.followers.values) { return problem }
            state.followers[number] = follower
            state.kinds.formUnion(filter.kinds)
            // Inside the lock, as where it ends: the last one that leaves must not silence the first one that comes.
            if state.followers.count == 1 {
                changes.listen { [weak self] in self?.heard($0) }
                rounds.begin { [weak self] in self?.look() }
            }
            return nil
        }
        if let problem { throw problem }
        return (number, follower)
    }

    /// Why there is no place for one more; nil if there is.
    private static func refusal(
        of guest: StreamGuest,
        among followers: Dictionary<Int, Follower>.Values
    ) -> Problem? {
        if followers.count(where: { $0.guest.identity == guest.identity }) >= placesOfOneKey {
            return Problem(
                429,
                "\(placesOfOneKey) streams are open with the key \"\(guest.name)\", which is the most for one key",
                remedy:
                    "close one of them (each page of the dashboard, \"martlet tail\" and \"martlet listen\" is one), "
                    + "or use a key of your own"
            )
            .with(header: "Retry-After", "10")
        }
        guard followers.count >= places else { return nil }
        return Problem(503, "\(places) streams are open, which is the most", remedy: "close one of them")
            .with(header: "Retry-After", "10")
    }

    private func remove(_ number: Int) {
        let removed = state.withLock { state -> Follower? in
            let removed = state.followers.removeValue(forKey: number)
            state.kinds = state.followers.values.reduce(into: []) { $0.formUnion($1.filter.kinds) }
            if !state.kinds.contains(.quarantine) { state.newestQuarantined = nil }
            if state.followers.isEmpty {
                state.changes = []
                changes.listen(nil)
                rounds.end()
            }
            return removed
        }
        removed?.wake.finish()
    }

    private static func hello(_ filter: StreamFilter, at position: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("position", integer: position)
        json.member("kinds", strings: StreamKind.allCases.filter(filter.kinds.contains).map(\.rawValue))
        json.endObject()
        return ServerSentEvent.encode("hello", id: position, data: json.bytes)
    }
}
