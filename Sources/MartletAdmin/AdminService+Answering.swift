// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletStore

/// From a request that is let in to its answer.
extension AdminService {
    /// The one place where changes are written down.
    func answer(_ call: AdminCall, _ route: AdminRoute) async -> HTTPResponse {
        guard route.isAudited else { return await respond(call, route) }
        let response = await trail.record(call, route) { await respond(call, route) }
        log.notice(
            "operator's request",
            metadata: [
                "key": "\(call.caller.name)", "route": "\(route.method) \(route.pattern)",
                "id": "\(AuditTrail.shown(call.id).prefix(64))", "status": "\(response.status)",
            ]
        )
        return response
    }

    private func respond(_ call: AdminCall, _ route: AdminRoute) async -> HTTPResponse {
        do {
            return try await route.creates ? idempotency.answer(call, route) : route.answer(call)
        } catch let problem as Problem {
            return problem.response
        } catch let error as StoreError {
            // What the configuration lacks is no trouble of the store.
            guard error != .noSecretsKey else { return Problem(error).response }
            log.error("store failed an admin request", metadata: ["error": "\(error.label)", "detail": "\(error)"])
            return Problem(error).response
        } catch {
            log.error("admin request failed", metadata: ["route": "\(route.pattern)", "error": "\(error)"])
            return Problem(500, "the gateway failed", remedy: "see its log").response
        }
    }
}
