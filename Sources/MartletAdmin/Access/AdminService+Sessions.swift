// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletRuntime
import MartletWire

/// Signing in with a key, and requests that bring the cookie instead of the key.
extension AdminService {
    /// The header with the session's token, which every change by cookie needs.
    static let tokenHeader = "Martlet-CSRF"

    /// Who a request's session stands for; nil if it brings none, or a key, which goes first.
    func callerBySession(_ request: HTTPRequest) throws(Problem) -> Caller? {
        guard request.headers.all("Authorization").isEmpty, let id = SessionCookie.id(in: request) else { return nil }
        guard let session = sessions.find(id, at: now()) else { throw sessionIsOver() }
        guard let caller = authenticator.caller(ofKeyWith: session.keyDigest, at: now()) else {
            sessions.end(id)
            throw sessionIsOver()
        }
        if request.method != "GET", request.method != "HEAD" { try requireOwnPage(request, session) }
        return caller
    }

    /// The session of a request that has been let in by one.
    func session(of request: HTTPRequest) -> (id: String, session: Sessions.Session)? {
        guard request.headers.all("Authorization").isEmpty, let id = SessionCookie.id(in: request),
            let session = sessions.find(id, at: now())
        else { return nil }
        return (id, session)
    }

    /// Begins a session for a key, which is judged as everywhere: wrong ones count for the address they come from.
    func signIn(_ key: String, _ request: HTTPRequest) throws(Problem) -> (id: String, Sessions.Session, Caller) {
        let key = Array(key.utf8)
        let caller = try caller(by: authenticator.judge(key: key, from: request.peer, at: now()), request)
        let origin = request.headers[first: "Origin"]
        let (id, session) = sessions.begin(keyDigest: Digest.sha256(key), origin: origin, at: now())
        log.notice("signed in at the dashboard", metadata: ["key": "\(caller.name)", "address": "\(request.peer)"])
        return (id, session, caller)
    }

    /// A change must come from the page that signed in: a foreign one cannot read the token, nor say that it is ours.
    private func requireOwnPage(_ request: HTTPRequest, _ session: Sessions.Session) throws(Problem) {
        let tokens = request.headers.all(Self.tokenHeader)
        let hasToken = tokens.count == 1 && constantTimeEquals(Array(tokens[0].utf8), Array(session.token.utf8))
        guard hasToken, request.headers[first: "Origin"] == session.origin else {
            refusals.increment(["csrf"])
            throw Problem(
                403,
                "a change by cookie must come from the page that signed in",
                remedy:
                    "send \"csrfToken\" of GET /v1/session as \(Self.tokenHeader), or use a key instead of the cookie"
            )
            .with(code: "csrf")
        }
    }

    private func sessionIsOver() -> Problem {
        refusals.increment(["session"])
        return Problem(401, "the session is over", remedy: "sign in again")
            .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\"").with(code: "session_over")
    }
}
