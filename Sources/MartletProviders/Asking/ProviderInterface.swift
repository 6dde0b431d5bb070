// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// A provider's own HTTP interface, with the limits of every call to it (providers.md section 3.3, step 5).
///
/// The host is the one of `apiBase` and the transport follows no redirect, so no answer leads the gateway elsewhere.
struct ProviderInterface: Sendable {
    static let timeLimit = Duration.seconds(5)
    /// Bytes of an answer; a longer one is not read.
    static let answerLimit = 262_144

    /// Without a slash at its end.
    let base: String
    let egress: EgressPolicy

    /// The operator chose the address, so a special one that `base` itself names may be reached.
    ///
    /// A name that only resolves to one may not: names are answered by others.
    init(base: String) {
        self.base = base
        let host = Self.host(of: base) ?? ""
        let named = host.lowercased() == "localhost" ? ["127.0.0.0/8", "::1"] : [host]
        egress = EgressPolicy(allowed: named.compactMap { AddressBlock($0) })
    }

    /// Makes one request; `path` begins with a slash and is percent-encoded.
    ///
    /// `isSentOnce`: for what must not be done twice (`OutboundRequest.isSentOnce`).
    func ask(
        _ method: String,
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        within limit: Duration = Self.timeLimit,
        isSentOnce: Bool = false,
        through transport: any Transport
    ) async -> ProviderAnswer {
        let request = OutboundRequest(
            method: method,
            url: base + path,
            headers: HeaderFields([("accept", "application/json")] + headers),
            body: body,
            timeout: limit,
            egress: egress,
            isSentOnce: isSentOnce,
            // One more byte than is allowed tells an answer that was cut.
            bodyLimit: Self.answerLimit + 1
        )
        let result = await withCheckedContinuation { continuation in
            transport.send(request) { continuation.resume(returning: $0) }
        }
        return ProviderAnswer(result)
    }

    /// The host that an `http://` or `https://` address names, without brackets.
    ///
    /// Nil if there is none, or with user information, or a port that is none.
    static func host(of address: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { address.hasPrefix($0) }) else { return nil }
        let authority = address.dropFirst(scheme.count).prefix { $0 != "/" }
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]"), isPort(authority[end...].dropFirst()) else { return nil }
            let host = String(authority[..<end].dropFirst())
            return IPAddress(host) == nil ? nil : host
        }
        let host = authority.prefix { $0 != ":" }
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        return isName && !host.isEmpty && isPort(authority[host.endIndex...]) ? String(host) : nil
    }

    /// Nothing, or a colon and a port's number.
    private static func isPort(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        let digits = String(text.dropFirst())
        return text.first == ":" && digits.isDigits && (1...65_535).contains(Int(digits) ?? 0)
    }

    /// Percent-encodes a value for a query: all but unreserved characters (RFC 3986 section 2.3).
    static func encode(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: text.append(byte)
            default: text.append(contentsOf: [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Why nothing was learned; a bounded set, and never anything that a provider wrote.
enum AskProblem: String, Sendable, CaseIterable {
    case dns
    case refused
    case tls
    case timeout
    case reset
    case tooLarge = "too_large"
    /// The address is in a network that is not to be reached.
    case blocked
    case unreachable
    /// The egress proxy, or the way to it.
    case proxy
    case redirect = "http_3xx"
    case clientError = "http_4xx"
    case serverError = "http_5xx"
    /// The answer cannot be read as what it should be.
    case nonsense
    /// The provider answered in its own form that it has nothing for us.
    case unsuccessful

    init(_ failure: NetworkFailure) {
        self =
            switch failure {
            case .dns: .dns
            case .connect: .refused
            case .tls: .tls
            case .timeout: .timeout
            case .reset: .reset
            case .tooLarge: .tooLarge
            case .blocked: .blocked
            case .proxy: .proxy
            case .other: .unreachable
            }
    }

    /// Nil for 200, the only status under which these providers answer what they are asked.
    init?(status: Int) {
        switch status {
        case 200: return nil
        case 300..<400: self = .redirect
        case 400..<500: self = .clientError
        case 500..<600: self = .serverError
        default: self = .nonsense
        }
    }
}

/// What a call to a provider came to.
struct ProviderAnswer: Sendable, Equatable {
    /// Nil if no whole answer came.
    var status: Int?
    var body: [UInt8] = []
    /// Nil for a whole answer with status 200.
    var problem: AskProblem?
    /// What the answer's `Retry-After` asks for, at most a day.
    var retryAfter: Duration?

    /// Nothing that could be read came.
    init(_ problem: AskProblem, retryAfter: Duration? = nil) {
        self.problem = problem
        self.retryAfter = retryAfter
    }

    init(_ result: AttemptResult) {
        switch result.outcome {
        case .failed(let failure): problem = AskProblem(failure)
        case .answered where result.body.count > ProviderInterface.answerLimit: problem = .tooLarge
        case .answered(let status):
            self.status = status
            body = result.body
            problem = AskProblem(status: status)
        }
        guard problem != nil else { return }
        let now = result.startedAt + result.duration
        retryAfter = RetryAfter.pause(of: result, now: now).map { min($0, .seconds(86_400)) }
    }
}
