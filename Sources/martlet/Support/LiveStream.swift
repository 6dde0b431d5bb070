// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletWire
import Synchronization

/// Follows a gateway's live stream, and connects again by itself from where it was.
struct LiveStream {
    let gateway: GatewayOption
    let query: [(name: String, value: String)]
    /// The position that has been read up to; nil begins with what comes next.
    var position: Int64?

    /// The pause before the first, and the longest before a later attempt to connect again.
    private static let pauses: (first: Duration, longest: Duration) = (.milliseconds(200), .seconds(5))
    /// The gateway writes a heartbeat every 15 seconds.
    private static let silence = Duration.seconds(45)

    /// Hands over one event after the other, until `handle` says false.
    ///
    /// An event counts as read once `handle` has returned: a break before that brings it again.
    ///
    /// - Throws: `ExitCode(1)` after the reason has been printed, if the gateway cannot be reached at all or refuses.
    mutating func follow(_ handle: (EventStreamReader.Item) async throws -> Bool) async throws {
        var pause = Self.pauses.first
        var hasConnected = false
        var isOutage = false
        while true {
            let connection = try StreamConnection(try request())
            var end: String?
            while let item = await connection.next() {
                switch item.name {
                case "hello":
                    if isOutage { Console.error("Connected again.\n") }
                    (hasConnected, isOutage, pause) = (true, false, Self.pauses.first)
                case "end": end = item.object["detail"]?.string
                case "": break
                default:
                    guard try await handle(item) else {
                        await connection.close()
                        return
                    }
                }
                if let id = item.id { position = id }
            }
            let result = await connection.close()
            // Its own queue was full: what was in it has been handled, and the gateway has the rest.
            if connection.isOverrun { continue }
            try judge(result, hasConnected: hasConnected)
            if !isOutage {
                let reason = end ?? Self.reason(result)
                Console.error(Table.printable("The stream has ended: \(reason). Connecting again.") + "\n")
                isOutage = true
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.pauses.longest)
        }
    }

    private func request() throws -> OutboundRequest {
        var parameters = query
        if let position { parameters.append(("after", String(position))) }
        let text = parameters.map { "\($0.name)=\(GatewayOption.escape($0.value))" }.joined(separator: "&")
        var request = try gateway.request(
            "GET",
            ["v1", "stream"],
            query: text.isEmpty ? "" : "?\(text)",
            timeout: Self.silence
        )
        request.headers.append("Accept", "text/event-stream")
        return request
    }

    /// Ends the command where connecting again would not help.
    private func judge(_ result: AttemptResult, hasConnected: Bool) throws {
        switch result.outcome {
        case .answered(let status) where (200..<300).contains(status): break
        // It is starting, stopping or full.
        case .answered(status: 502), .answered(status: 503), .answered(status: 504): break
        case .answered(_):
            let answer = try gateway.read(result)
            throw gateway.failure(GatewayOption.sentence(answer.status, answer.object))
        case .failed: if !hasConnected { _ = try gateway.read(result) }
        }
    }

    private static func reason(_ result: AttemptResult) -> String {
        switch result.outcome {
        case .answered(let status) where (200..<300).contains(status): "the gateway closed it"
        case .answered(let status): "the gateway answered \(status)"
        case .failed(let failure): "\(failure.rawValue): \(result.detail ?? "-")"
        }
    }
}

/// One connection to the stream, with what has come and was not handled yet.
final class StreamConnection: Sendable {
    private struct State {
        var reader = EventStreamReader()
        var items: [EventStreamReader.Item] = []
        var isOverrun = false
        var result: AttemptResult?
        var waiting: CheckedContinuation<EventStreamReader.Item?, Never>?
    }

    /// Beyond this the connection is given up; the gateway has everything, and is asked again later.
    private static let capacity = 1000

    private let state: StateBox
    private let loop: EventLoop
    private let transport: CurlTransport

    /// Shared with the transport, which exists before the connection does.
    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    init(_ request: OutboundRequest) throws {
        let state = StateBox()
        var request = request
        request.sink = BodySink { bytes in Self.receive(bytes, state) }
        self.state = state
        loop = try EventLoop(label: "martlet.stream.loop")
        transport = CurlTransport(loop: loop)
        transport.send(request) { result in
            let waiting = state.value.withLock { state in
                state.result = result
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: nil)
        }
    }

    /// Whether more came than was handled, so that the connection was given up.
    var isOverrun: Bool { state.value.withLock { $0.isOverrun } }

    /// The next event; nil at the end of the connection.
    func next() async -> EventStreamReader.Item? {
        await withCheckedContinuation { continuation in
            let answer = state.value.withLock { state -> EventStreamReader.Item?? in
                if !state.items.isEmpty { return .some(state.items.removeFirst()) }
                if state.result != nil { return .some(nil) }
                state.waiting = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Ends the connection; what came of it.
    @discardableResult func close() async -> AttemptResult {
        await transport.shutDown()
        await loop.shutDown()
        let ended = AttemptResult(
            outcome: .failed(.other),
            startedAt: SystemClock().now(),
            duration: .zero,
            detail: "closed"
        )
        return state.value.withLock { $0.result } ?? ended
    }

    private static func receive(_ bytes: UnsafeRawBufferPointer, _ state: StateBox) -> Bool {
        let (next, goesOn) = state.value.withLock { state -> (Handover?, Bool) in
            state.items += state.reader.read(bytes)
            state.isOverrun = state.items.count > capacity
            let goesOn = !state.isOverrun && !state.reader.isBroken
            guard let waiting = state.waiting, !state.items.isEmpty else { return (nil, goesOn) }
            state.waiting = nil
            return (Handover(to: waiting, item: state.items.removeFirst()), goesOn)
        }
        next?.to.resume(returning: next?.item)
        return goesOn
    }

    private struct Handover {
        var to: CheckedContinuation<EventStreamReader.Item?, Never>
        var item: EventStreamReader.Item
    }
}
