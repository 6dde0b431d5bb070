// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletStore
import MartletWire
import Synchronization

/// Writes who did what through the admin API: a line before it is done, and what came of it afterwards.
///
/// The one place, so that no route can be forgotten. What cannot be written is not done.
final class AuditTrail: Sendable {
    private let store: any EventStore
    private let log: Logger
    /// Lines of what was not allowed, by address, so that a key of little worth cannot fill the disk.
    private let refusals = Mutex(FailureLimiter())

    init(store: any EventStore, log: Logger) {
        self.store = store
        self.log = log
    }

    /// Answers 503 without `work` if the line cannot be written.
    func record(_ call: AdminCall, _ route: AdminRoute, _ work: () async -> HTTPResponse) async -> HTTPResponse {
        var entry = Self.entry(call.request, route, id: call.id, call.caller, at: call.service.now())
        entry.detail = AuditSummary.of(call.request.body)
        let id: AuditID
        do throws(StoreError) {
            id = try await store.append(entry)
        } catch {
            log.error("audit log not written, request refused", metadata: ["error": "\(error.label)"])
            return Problem(error).response
        }
        let response = await work()
        do throws(StoreError) {
            try await store.complete(id, with: Self.result(response, of: route))
        } catch {
            log.error("audit log not completed", metadata: ["line": "\(id)", "error": "\(error.label)"])
        }
        return response
    }

    /// Notes that a key asked for a change that it may not make: twenty lines for an address at once, then one every
    /// three seconds; the log and the metrics have them all.
    func noteRefusal(
        of caller: Caller,
        _ request: HTTPRequest,
        to route: AdminRoute,
        id: String,
        status: Int,
        at now: Timestamp
    ) {
        let isNoted = refusals.withLock { refusals in
            guard refusals.secondsUntilFree(request.peer, at: now) == nil else { return false }
            refusals.failed(request.peer, at: now)
            return true
        }
        guard isNoted else { return }
        var entry = Self.entry(request, route, id: id, caller, at: now)
        entry.result = AuditResult(outcome: .refused, status: status)
        store.append(entry) { [log] result in
            if case .failure(let error) = result {
                log.error("refused request not noted in the audit log", metadata: ["error": "\(error.label)"])
            }
        }
    }

    private static func entry(
        _ request: HTTPRequest,
        _ route: AdminRoute,
        id: String,
        _ caller: Caller,
        at now: Timestamp
    ) -> NewAuditEntry {
        NewAuditEntry(
            at: now,
            actor: caller.name,
            key: caller.key,
            address: request.peer,
            action: "\(route.method) \(route.pattern)",
            object: id.isEmpty ? nil : String(route.object(of: request.path, id: shown(id)).prefix(200))
        )
    }

    /// A path's id as it may be written down: who takes a key for its id must not have it in the log.
    static func shown(_ id: String) -> String { isSecret(id) ? "***" : String(id.prefix(200)) }

    /// Whether a text is in the form of a key or of a signing secret.
    static func isSecret(_ text: String) -> Bool { ["mk_", "whsec_", "whsk_"].contains { text.hasPrefix($0) } }

    private static func result(_ response: HTTPResponse, of route: AdminRoute) -> AuditResult {
        let outcome: AuditOutcome =
            switch response.status {
            case _ where response.headers[first: IdempotencyKeys.replayed] != nil: .repeated
            case 200..<300: .done
            case 500...: .failed
            default: .refused
            }
        return AuditResult(
            outcome: outcome,
            status: response.status,
            created: route.creates ? created(response) : nil
        )
    }

    /// What an answer names by its `id`, else by its `source`, where something was begun that has no id of its own.
    private static func created(_ response: HTTPResponse) -> String? {
        guard (200..<300).contains(response.status), let object = (try? JSONReader.read(response.body))?.object else {
            return nil
        }
        let name = object["id"]?.string ?? object["source"]?.string
        return name.map { String($0.prefix(200)) }
    }
}
