// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletRuntime
import Synchronization

/// Who is let in, and to what.
extension AdminService {
    /// The one place where keys and roles are asked for.
    func admit(_ request: HTTPRequest, to route: AdminRoute, id: String) throws(Problem) -> Caller {
        let (role, needsAllShops): (AdminRole, Bool)
        switch route.access {
        case .open: return .anybody
        case .role(let needed): (role, needsAllShops) = (needed, false)
        case .allShops(let needed): (role, needsAllShops) = (needed, true)
        }
        let caller = try recognise(request)
        keys.noteUse(of: caller, at: clock.now())
        if let problem = refusal(of: caller, at: route, role, needsAllShops: needsAllShops) {
            if route.isAudited {
                trail.noteRefusal(of: caller, request, to: route, id: id, status: problem.status, at: clock.now())
            }
            throw problem
        }
        // After the key, so that strangers learn nothing of the gateway's state here.
        guard isReady.load(ordering: .relaxed) else {
            throw Problem(503, "the gateway is starting or stopping", remedy: "try again in a moment")
                .with(header: "Retry-After", "1")
        }
        return caller
    }

    /// Why a key is not enough for a route; nil if it is.
    private func refusal(
        of caller: Caller,
        at route: AdminRoute,
        _ role: AdminRole,
        needsAllShops: Bool
    ) -> Problem? {
        guard caller.role.includes(role) else {
            refusals.increment(["role"])
            return Problem(
                403,
                "\(route.method) \(route.pattern) needs the role \(role.rawValue); "
                    + "the key \"\(caller.name)\" has the role \(caller.role.rawValue)",
                remedy: "use a key with the role \(role.rawValue)"
            )
        }
        guard needsAllShops, caller.shops != nil else { return nil }
        refusals.increment(["shops"])
        return Problem(
            403,
            "\(route.method) \(route.pattern) concerns all shops; the key \"\(caller.name)\" is limited to some",
            remedy: "use a key with the role \(role.rawValue) that is for all shops"
        )
    }

    private func recognise(_ request: HTTPRequest) throws(Problem) -> Caller {
        if let caller = try callerBySession(request) { return caller }
        return try caller(by: authenticator.judge(request.headers, from: request.peer, at: clock.now()), request)
    }

    /// The caller of a verdict, or why there is none.
    func caller(by verdict: Authenticator.Verdict, _ request: HTTPRequest) throws(Problem) -> Caller {
        switch verdict {
        case .caller(let caller): return caller
        case .missing:
            refusals.increment(["missing"])
            throw Problem(401, "this needs a key", remedy: "send it as \"Authorization: Bearer KEY\"")
                .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\"")
        case .noKeys:
            refusals.increment(["no_keys"])
            throw Problem(401, "the configuration has no key for the admin API", remedy: "add one to admin.keys")
                .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\"")
        case .expired(let caller, let moment):
            refusals.increment(["expired"])
            throw Problem(
                401,
                "the key \"\(caller.name)\" expired at \(moment.rfc3339)",
                remedy: "have an admin make a new one"
            )
            .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\", error=\"invalid_token\"")
        case .wrong:
            refusals.increment(["wrong"])
            log.warning("wrong key at the admin API", metadata: ["address": "\(request.peer)"])
            throw Problem(
                401,
                "that is not a key of this gateway",
                remedy: "send one of admin.keys or of GET /v1/keys as \"Authorization: Bearer KEY\""
            )
            .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\", error=\"invalid_token\"")
        case .tooMany(let seconds):
            refusals.increment(["too_many"])
            throw Problem(
                429,
                "too many wrong keys have come from \(request.peer)",
                remedy: "try again in \(seconds) s with a right one"
            )
            .with(header: "Retry-After", String(seconds))
        }
    }
}
