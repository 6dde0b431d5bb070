// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletStore
import MartletWire
import Synchronization

/// From changes to what clients read.
extension StreamHub {
    /// Events that are read at once.
    private static let portion = 100
    /// A stream's pause between two looks at the store: under load more events share one.
    private static let pause = Duration.milliseconds(20)
    /// How often streams look by themselves, should a change not have been told, and whether their keys are in force.
    static let regularly = Duration.seconds(1)
    /// A filtered stream tells its place after so many events that were not for it.
    private static let silentStretch: Int64 = 1000

    /// Called on the queues of those who made the change.
    func heard(_ change: ChangeFeed.Change) {
        if case .events = change { return wakeAll() }
        let mustBegin = state.withLock { state in
            guard Self.concerns(change, state.kinds) else { return false }
            guard state.changes.count < Self.waitingChanges else {
                state.missed += 1
                return false
            }
            state.changes.append(change)
            if state.isTelling { return false }
            state.isTelling = true
            return true
        }
        if mustBegin { Task { await tell() } }
    }

    private static func concerns(_ change: ChangeFeed.Change, _ kinds: Set<StreamKind>) -> Bool {
        switch change {
        case .events: kinds.contains(.event)
        case .attempts: kinds.contains(.attempt) || kinds.contains(.delivery)
        case .deliveries: kinds.contains(.delivery)
        case .endpoint: kinds.contains(.endpoint)
        case .watch: kinds.contains(.watch)
        case .quarantine: kinds.contains(.quarantine)
        case .replay: kinds.contains(.replay)
        }
    }

    private func wakeAll() {
        let wakes = state.withLock { state in
            state.followers.values.filter { $0.filter.kinds.contains(.event) }.map(\.wake)
        }
        for wake in wakes { wake.yield() }
    }

    /// Once a second, until the last stream has ended.
    func look() {
        review()
        wakeAll()
    }

    // MARK: events

    /// Tells the events after a position, and whatever comes behind them, until the stream ends.
    func follow(_ follower: Follower, from start: Int64) async {
        var position = start
        var told = start
        for await _ in follower.wakes {
            do throws(StoreError) {
                while true {
                    let part = try await follower.access.events(
                        after: position,
                        follower.filter.query(limit: Self.portion)
                    )
                    for event in part.events where follower.filter.passes(event) {
                        guard await follower.body.hasRoom(), follower.body.write(Self.encode(event)) else { return }
                        told = event.sequence
                    }
                    position = part.position
                    if position >= told + Self.silentStretch {
                        guard follower.body.write(ServerSentEvent.place(position)) else { return }
                        told = position
                    }
                    if position >= part.newest { break }
                }
            } catch {
                if error != .closed { log.error("stream ended", metadata: ["error": "\(error.label)"]) }
                return follower.body.finish(ServerSentEvent.end(error == .closed ? .stopping : .store))
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static func encode(_ event: StoredEvent) -> [UInt8] {
        var json = JSONWriter(capacity: event.envelope.count + 512)
        EventDocument.write(event, to: &json)
        return ServerSentEvent.encode(StreamKind.event.rawValue, id: event.sequence, data: json.bytes)
    }

    // MARK: everything else

    /// From now on what comes into quarantine is news.
    func noteQuarantine() async throws(StoreError) {
        if state.withLock({ $0.newestQuarantined }) != nil { return }
        let newest = try await store.quarantined(QuarantineQuery(limit: 1)).first?.id ?? QuarantineID(number: 0)
        state.withLock { if $0.newestQuarantined == nil { $0.newestQuarantined = newest } }
    }

    private func tell() async {
        while true {
            let (changes, missed) = state.withLock { state -> ([ChangeFeed.Change], Int) in
                defer { (state.changes, state.missed) = ([], 0) }
                if state.changes.isEmpty { state.isTelling = false }
                return (state.changes, state.missed)
            }
            if changes.isEmpty { return }
            if missed > 0 { tellMissed(missed) }
            do throws(StoreError) {
                for items in try await items(of: changes) { tell(items) }
            } catch {
                if error == .closed { continue }
                log.error("changes not told to streams", metadata: ["error": "\(error.label)"])
                endAll(.store)
            }
        }
    }

    private func tell(_ items: [StreamItem]) {
        let followers = state.withLock { Array($0.followers.values) }
        for item in items {
            let bytes = ServerSentEvent.encode(item.kind.rawValue, data: item.data)
            for follower in followers where follower.filter.passes(item) && follower.access.sees(item) {
                follower.body.write(bytes)
            }
        }
    }

    /// Changes of a kind that is told live only are gone when nobody took them.
    private func tellMissed(_ count: Int) {
        var json = JSONWriter()
        json.beginObject()
        json.member("changes", integer: Int64(count))
        json.endObject()
        let bytes = ServerSentEvent.encode("missed", data: json.bytes)
        for follower in state.withLock({ Array($0.followers.values) }) where follower.filter.kinds != [.event] {
            follower.body.write(bytes)
        }
    }

    private func items(of changes: [ChangeFeed.Change]) async throws(StoreError) -> [[StreamItem]] {
        var items: [[StreamItem]] = []
        var standings: [EndpointStanding]?
        var hasQuarantine = false
        for change in changes {
            switch change {
            case .events: break
            case .attempts(let records): items.append(try await attempts(records))
            case .deliveries(let ids): items.append(try await deliveries(Set(ids)).values.map { StreamItem($0) })
            case .endpoint(let id):
                if standings == nil { standings = await control.standings() }
                items.append((standings ?? []).filter { $0.endpoint.id == id }.map { StreamItem($0) })
            case .watch(let id):
                if let detail = try await store.watch(id) { items.append([StreamItem(detail.stored)]) }
            case .quarantine: hasQuarantine = true
            case .replay(let id):
                guard let replay = try await store.replay(id) else { continue }
                items.append([
                    StreamItem(.replay, .shops(replay.replay.selection.shops)) { ReplayDocument.write(replay, to: &$0) }
                ])
            }
        }
        if hasQuarantine { items.append(try await quarantined()) }
        return items
    }

    private func attempts(_ records: [AttemptRecord]) async throws(StoreError) -> [StreamItem] {
        let found = try await deliveries(Set(records.map(\.delivery)))
        return records.flatMap { record in
            found[record.delivery].map { [StreamItem(record, of: $0), StreamItem($0)] } ?? []
        }
    }

    private func deliveries(_ ids: Set<DeliveryID>) async throws(StoreError) -> [DeliveryID: StoredDelivery] {
        let rows = try await store.deliveries(numbered: ids)
        return Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
    }

    private func quarantined() async throws(StoreError) -> [StreamItem] {
        guard let after = state.withLock({ $0.newestQuarantined }) else { return [] }
        let query = QuarantineQuery(after: after, isOldestFirst: true, limit: Self.portion)
        let rows = try await store.quarantined(query)
        if let last = rows.last { state.withLock { $0.newestQuarantined = last.id } }
        // More come with the next change; a flood is not worth more.
        return rows.map { StreamItem($0) }
    }
}
