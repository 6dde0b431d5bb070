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
        let digest = Digest.sha256(key)
        let caller = try caller(by: authenticator.judge(key: key, from: request.peer, at: now()), request)
        let id: String
        let session: Sessions.Session
        do throws(Sessions.Full) {
            (id, session) = try sessions.begin(
                keyDigest: digest,
                origin: request.headers[first: "Origin"],
                at: now()
            )
        } catch {
            refusals.increment(["sessions"])
            throw Problem(
                429,
                "\(Sessions.placesOfOneKey) sessions of the key \"\(caller.name)\" are in use, which is the most for one key",
                remedy: "sign out of one of them, use a key of your own, or try again in \(error.seconds) s"
            )
            .with(header: "Retry-After", String(error.seconds))
        }
        // A key that ended meanwhile has taken along the sessions that there were.
        guard authenticator.admits(caller, byKeyWith: digest, at: now()) else {
            sessions.end(id)
            throw sessionIsOver()
        }
        log.notice("signed in at the dashboard", metadata: ["key": "\(caller.name)", "address": "\(request.peer)"])
        return (id, session, caller)
    }

    /// Whoever follows a stream by this request: it ends with the key, and with the session if there is one.
    func guest(of call: AdminCall) throws(Problem) -> StreamGuest {
        let (caller, headers) = (call.caller, call.request.headers)
        let sessionID = headers.all("Authorization").isEmpty ? SessionCookie.id(in: call.request) : nil
        let digest = sessionID.map { sessions.find($0, at: now())?.keyDigest } ?? Authenticator.digest(in: headers)
        guard let digest else { throw StreamGuest.hasLeft }
        return StreamGuest(name: caller.name, identity: caller.identity) { [weak self] in
            guard let self else { return false }
            let now = self.now()
            let hasSession = sessionID.map { sessions.isOpen($0, at: now) } ?? true
            return hasSession && authenticator.admits(caller, byKeyWith: digest, at: now)
        }
    }

    /// Ends what was begun with keys that are not in force any more.
    func keysHaveEnded() {
        endSessionsOfEndedKeys()
        streams.review()
    }

    /// Ends the sessions of keys that are not in force any more; streams of theirs are left to the caller.
    func endSessionsOfEndedKeys() {
        let now = self.now()
        sessions.keep { authenticator.hasKey(with: $0, at: now) }
    }

    /// Signs out; the streams of the session end with it.
    func endSession(_ id: String) {
        sessions.end(id)
        streams.review()
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
