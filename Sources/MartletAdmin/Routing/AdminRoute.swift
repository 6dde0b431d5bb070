// SPDX-License-Identifier: Apache-2.0
import MartletNet

/// One route of the admin listener: what is asked, who may ask it, and who answers.
package struct AdminRoute: Sendable {
    /// Who may use a route.
    package enum Access: Sendable, Equatable {
        /// Everybody who reaches the listener; no key is asked for.
        case open
        /// A key with this role or a higher one; the key's shops limit what it sees.
        case role(AdminRole)
        /// A key with this role or a higher one, and for all shops.
        case allShops(AdminRole)
    }

    package let method: String
    /// The path, with `{id}` for one segment that varies; `{provider}/{id}` names a source.
    package let pattern: String
    package let access: Access
    /// Query parameters; any other is an error.
    package let parameters: [String]
    /// Whether it makes something that must not be made twice, so that an `Idempotency-Key` is understood.
    ///
    /// What its handler returns then stands for the request from now on; what it throws has come to nothing, and the
    /// request may be made again. The answer names what was made by the member `id`, else by `source`, for the audit log.
    package let creates: Bool
    /// Members of the answer that are shown once: they are not kept with an `Idempotency-Key`.
    package let secrets: [String]
    /// What clients must know of it; nil fails a test.
    package var description: RouteDescription? { RouteDescriptions.all["\(method) \(pattern)"] }
    let answer: @Sendable (AdminCall) async throws -> HTTPResponse
    private let segments: [Substring]

    init(
        _ method: String,
        _ pattern: String,
        _ access: Access,
        parameters: [String] = [],
        creates: Bool = false,
        secrets: [String] = [],
        answer: @escaping @Sendable (AdminCall) async throws -> HTTPResponse
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.parameters = parameters
        self.creates = creates
        self.secrets = secrets
        self.answer = answer
        segments = Self.segments(of: pattern)
    }

    /// Whether its requests are in the audit log: all that may change something, but for strangers, who could fill it.
    package var isAudited: Bool { method != "GET" && access != .open }

    /// What stands for `{id}`, or for `{provider}/{id}` with the slash, empty without one; nil if the path is another's.
    func match(_ path: [Substring]) -> String? {
        guard path.count == segments.count else { return nil }
        var id = ""
        for (wanted, given) in zip(segments, path) {
            if wanted == "{id}" || wanted == "{provider}", !given.isEmpty {
                id += id.isEmpty ? String(given) : "/\(given)"
            } else if wanted != given {
                return nil
            }
        }
        return id
    }

    /// What a request is about, as the audit log names it: a source by provider and id, anything else by its id.
    func object(of path: String, id: String) -> String {
        let given = Self.segments(of: path)
        return pattern.hasPrefix("/v1/sources/") && given.count > 4 ? "\(given[3])/\(given[4])" : id
    }

    static func segments(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}
