// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletWire

/// `/v1/session`: signing in with a key, so that a browser need not keep it.
enum SessionRoutes {
    /// The key's session begins; the answer sets a cookie that scripts cannot read.
    @Sendable static func begin(_ call: AdminCall) async throws -> HTTPResponse {
        let request = call.request
        try requireJSON(request)
        try requireSameOrigin(request)
        let body = try call.body(allowing: ["key"])
        guard let key = body["key"]?.string, !key.isEmpty else {
            throw Problem(field: "key", rule: "must be a key of this gateway", remedy: "send {\"key\": \"…\"}")
        }
        let (id, session, caller) = try call.service.signIn(key, request)
        // The browser's own word for how it reached the page: over TLS the cookie never leaves it.
        let isSecure = session.origin?.hasPrefix("https://") ?? false
        return document(201, caller, session, headers: [SessionCookie.setting(id, isSecure: isSecure)])
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        document(200, call.caller, call.service.session(of: call.request)?.session)
    }

    @Sendable static func end(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        guard let (id, _) = call.service.session(of: call.request) else {
            throw Problem(409, "there is no session to end", remedy: "a request with a key has none")
        }
        call.service.endSession(id)
        var response = HTTPResponse.json { json in
            json.beginObject()
            json.member("outcome", "ended")
            json.endObject()
        }
        for (name, value) in SessionCookie.clearing { response.headers.append(name, value) }
        return response
    }

    /// `csrfToken` is null for a request with a key, which needs none.
    private static func document(
        _ status: Int,
        _ caller: Caller,
        _ session: Sessions.Session?,
        headers: [(String, String)] = []
    ) -> HTTPResponse {
        var response = HTTPResponse.json(status) { json in
            json.beginObject()
            json.member("name", caller.name)
            json.member("role", caller.role.rawValue)
            if let shops = caller.shops {
                json.member("shops", strings: shops.sorted())
            } else {
                json.member("shops", strings: ["*"])
            }
            json.member("csrfToken", session?.token)
            json.endObject()
        }
        for (name, value) in headers { response.headers.append(name, value) }
        return response
    }

    /// A form on a foreign page can post text, and never this media type without asking first.
    private static func requireJSON(_ request: HTTPRequest) throws(Problem) {
        let mediaType = request.headers[first: "Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        guard mediaType.equalsIgnoringASCIICase("application/json") else {
            throw Problem(
                field: "Content-Type",
                rule: "must be application/json",
                remedy: "send {\"key\": \"…\"} with \"Content-Type: application/json\""
            )
        }
    }

    /// Nobody is signed in by a page that is not the gateway's own.
    ///
    /// `Sec-Fetch-Site` is the browser's own word and holds behind any proxy; browsers leave it out over plain HTTP to
    /// other machines, where the origin has to be the host that was asked.
    private static func requireSameOrigin(_ request: HTTPRequest) throws(Problem) {
        let isSame: Bool
        if let site = request.headers[first: "Sec-Fetch-Site"] {
            isSame = site == "same-origin"
        } else if let origin = request.headers[first: "Origin"] {
            let authority = origin.split(separator: "/").last.map(String.init) ?? ""
            isSame = request.headers[first: "Host"].map { $0.equalsIgnoringASCIICase(authority) } ?? false
        } else {
            isSame = true
        }
        guard isSame else {
            throw Problem(
                403,
                "signing in is possible from the gateway's own page only",
                remedy: "open the dashboard at the address of the admin listener; a proxy must pass \"Host\" on"
            )
            .with(code: "csrf")
        }
    }
}
