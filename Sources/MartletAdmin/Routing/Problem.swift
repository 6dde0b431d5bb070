// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// Why a request was not done, as a problem document (RFC 9457): what is wrong, and what to do about it.
struct Problem: Error, Sendable, Equatable {
    var status: Int
    /// Whole sentences for a person.
    var detail: String
    /// The parameter, member or header that breaks a rule, the rule, and what would keep it.
    var field: String?
    var rule: String?
    var remedy: String?
    /// Names that the caller may have meant.
    var near: [String] = []
    /// A word for programs, where the status alone does not say what to do.
    var code: String?
    var headers: [Header] = []

    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(_ status: Int, _ detail: String, remedy: String? = nil) {
        self.status = status
        self.detail = [detail, remedy].compactMap { $0 }.joined(separator: "; ")
        self.remedy = remedy
    }

    /// A field that breaks a rule.
    init(_ status: Int = 400, field: String, rule: String, remedy: String) {
        self.init(status, "\"\(field)\" \(rule)", remedy: remedy)
        self.field = field
        self.rule = rule
    }

    func with(header name: String, _ value: String) -> Problem {
        var problem = self
        problem.headers.append(Header(name: name, value: value))
        return problem
    }

    func with(code: String) -> Problem {
        var problem = self
        problem.code = code
        return problem
    }

    /// There is nothing of that id, at least nothing that the caller may see.
    static func unknown(_ kind: String, _ id: String, among known: [String], remedy: String) -> Problem {
        let shown = String(id.prefix(64))
        let near = known.near(to: shown)
        let hint = near.isEmpty ? remedy : "did you mean \(near.map { "\"\($0)\"" }.joined(separator: " or "))?"
        var problem = Problem(404, "there is no \(kind) \"\(shown)\"", remedy: hint)
        problem.field = "id"
        problem.near = near
        return problem
    }

    /// The store could not do it.
    init(_ error: StoreError) {
        if error == .noSecretsKey {
            self.init(
                409,
                field: "secretsKey",
                rule: "is not in the configuration, and a secret is stored sealed or not at all",
                remedy: "make a key with \"martlet keygen --secrets-key\", name it there and reload with SIGHUP"
            )
            code = "secrets_key_missing"
            return
        }
        self.init(503, "the store is in trouble (\(error.label))", remedy: "see the gateway's log and try again")
        headers = [Header(name: "Retry-After", value: "1")]
    }

    var response: HTTPResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "about:blank")
        json.member("title", title)
        json.member("status", integer: Int64(status))
        json.member("detail", detail)
        if let code { json.member("code", code) }
        if let field { json.member("field", field) }
        if let rule { json.member("rule", rule) }
        if let remedy { json.member("remedy", remedy) }
        if !near.isEmpty { json.member("near", strings: near) }
        json.endObject()
        return HTTPResponse(
            status: status,
            headers: HeaderFields(
                [("Content-Type", "application/problem+json")] + headers.map { ($0.name, $0.value) }
            ),
            body: json.bytes
        )
    }

    /// The phrase of the status code, as RFC 9457 asks where `type` is `about:blank` (section 4.2.1).
    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 504: "Gateway Timeout"
        default: "Service Unavailable"
        }
    }
}

extension [String] {
    /// Up to three of these that look like the text, the nearest first.
    func near(to text: String) -> [String] {
        // Longer than any name; comparing costs its length.
        let text = String(text.prefix(64))
        let most = Swift.min(3, Swift.max(1, text.utf8.count / 2))
        return map { (name: $0, distance: $0.editDistance(to: text)) }
            .filter { $0.distance <= most || (text.utf8.count >= 2 && $0.name.utf8.starts(with: text.utf8)) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3)
            .map(\.name)
    }
}
