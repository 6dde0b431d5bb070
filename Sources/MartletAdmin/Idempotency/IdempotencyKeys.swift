// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletStore
import MartletWire
import Synchronization

/// Requests with `Idempotency-Key`: the same key with the same request gets the same answer for a day.
///
/// For all routes that make something which must not be made twice (`AdminRoute.creates`). Keys belong to the admin key
/// that sends them. A request without the header is done as often as it comes.
final class IdempotencyKeys: Sendable {
    /// The header's name.
    static let header = "Idempotency-Key"
    /// Stands on an answer that is given again.
    static let replayed = "Idempotent-Replayed"

    private struct Place: Hashable {
        var caller: String
        var key: String
    }

    private let store: any EventStore
    private let log: Logger
    /// Requests that this process is doing, with their digests.
    private let underWay = Mutex<[Place: [UInt8]]>([:])

    init(store: any EventStore, log: Logger) {
        self.store = store
        self.log = log
    }

    /// Has the route answer, unless it has or is about to.
    ///
    /// What throws has come to nothing, and its key is free again.
    func answer(_ call: AdminCall, _ route: AdminRoute) async throws -> HTTPResponse {
        guard let key = try Self.key(of: call.request) else { return try await route.answer(call) }
        let request = IdempotentRequest(caller: call.caller.identity, key: key, digest: Self.digest(call.request))
        let place = Place(caller: request.caller, key: request.key)
        try begin(place, request)
        defer { underWay.withLock { $0[place] = nil } }
        switch try await store.claim(request, now: call.service.now()) {
        case .new: return try await perform(request, call, route)
        case .answered(let answer): return Self.again(answer)
        case .other: throw Self.otherRequest
        case .unanswered: throw Self.cutOff
        }
    }

    private func begin(_ place: Place, _ request: IdempotentRequest) throws(Problem) {
        let running = underWay.withLock { running in
            let digest = running[place]
            if digest == nil { running[place] = request.digest }
            return digest
        }
        guard let running else { return }
        guard running == request.digest else { throw Self.otherRequest }
        throw Problem(409, "the same request is being done right now", remedy: "send it again in a few seconds")
            .with(header: "Retry-After", "5").with(code: "request_under_way")
    }

    private func perform(
        _ request: IdempotentRequest,
        _ call: AdminCall,
        _ route: AdminRoute
    ) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await route.answer(call)
        } catch {
            await settle(request, with: nil)
            throw error
        }
        await settle(request, with: Self.kept(response, without: route.secrets))
        return response
    }

    /// What is given again: a secret is shown once, so the same request gets 200 and everything else.
    private static func kept(_ response: HTTPResponse, without secrets: [String]) -> StoredAnswer {
        let mediaType = response.headers[first: "Content-Type"] ?? "application/json"
        guard !secrets.isEmpty, (200..<300).contains(response.status) else {
            return StoredAnswer(status: response.status, mediaType: mediaType, body: response.body)
        }
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        // A body that cannot be read is not kept at all rather than with its secret.
        for member in (try? JSONReader.read(response.body))?.object?.members ?? []
        where !secrets.contains(member.name) {
            json.name(of: member.name)
            json.value(member.value)
        }
        let names = secrets.map { "\"\($0)\"" }.joined(separator: ", ")
        json.member("note", "\(names) was shown in the first answer only; if that was lost, make a new one")
        json.endObject()
        return StoredAnswer(status: 200, mediaType: mediaType, body: json.bytes)
    }

    /// What cannot be written now leaves the key unanswered, which never makes anything twice.
    private func settle(_ request: IdempotentRequest, with answer: StoredAnswer?) async {
        do throws(StoreError) {
            guard let answer else { return try await store.forget(request) }
            try await store.keep(answer, of: request)
        } catch {
            log.error("answer not kept with its Idempotency-Key", metadata: ["error": "\(error.label)"])
        }
    }

    private static func again(_ answer: StoredAnswer) -> HTTPResponse {
        HTTPResponse(
            status: answer.status,
            headers: HeaderFields([
                ("Content-Type", answer.mediaType), ("Cache-Control", "no-store"), (replayed, "true"),
            ]),
            body: answer.body
        )
    }

    private static func key(of request: HTTPRequest) throws(Problem) -> String? {
        let keys = request.headers.all(header)
        guard let key = keys.first else { return nil }
        guard keys.count == 1, (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw Problem(
                field: header,
                rule: "must stand once, as 1 to 255 letters, digits and signs without spaces",
                remedy: "send a fresh UUID for each thing that is to be made, and the same one when you try again"
            )
        }
        return key
    }

    /// Method, path with query, and body, byte for byte.
    private static func digest(_ request: HTTPRequest) -> [UInt8] {
        Digest.sha256(Array("\(request.method) \(request.target)\n".utf8) + request.body)
    }

    private static let otherRequest = Problem(
        422,
        field: header,
        rule: "has been sent with another request",
        remedy: "use a fresh key for each request, and the same one only to repeat it byte for byte"
    )

    private static let cutOff = Problem(
        504,
        "the request with this \(header) was cut off before it was answered, so what came of it is not known",
        remedy: "look whether it was done before you make it again with a fresh key"
    )
    .with(code: "outcome_unknown")
}
