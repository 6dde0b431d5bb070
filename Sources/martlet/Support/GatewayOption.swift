// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletWire

/// Where the commands that talk to a running gateway find it, and how they print.
///
/// The key comes from the environment only: an option would show in the process list and in the shell's history.
struct GatewayOption: ParsableArguments {
    @Option(help: "The gateway's admin address; by default MARTLET_URL, or http://127.0.0.1:8081.") var url: String?
    @Flag(help: "Print the gateway's answer as it came, in JSON.") var json = false

    /// An answer of the admin API.
    struct Answer {
        var status: Int
        var text: String
        var object: JSONObject
    }

    /// Asks the gateway, and prints the answer as it is if `--json` was given.
    ///
    /// `path`: segments, escaped here. `timeout`: offering a long backlog again takes its time.
    /// - Throws: `ExitCode(1)` after the reason has been printed to standard error.
    func ask(
        _ method: String,
        _ path: [String],
        query: String = "",
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(300),
        whenUnreachable: String? = nil
    ) async throws -> Answer {
        let request = try request(method, path, query: query, headers: headers, body: body, timeout: timeout)
        let answer = try read(try await send(request), whenUnreachable: whenUnreachable)
        if json { Console.output(answer.text + "\n") }
        guard (200..<300).contains(answer.status) else { throw failure(Self.sentence(answer.status, answer.object)) }
        return answer
    }

    /// Where the gateway is.
    private var base: String { url ?? ProcessInfo.processInfo.environment["MARTLET_URL"] ?? "http://127.0.0.1:8081" }

    /// A request with the key, not sent yet.
    func request(
        _ method: String,
        _ path: [String],
        query: String = "",
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        timeout: Duration
    ) throws -> OutboundRequest {
        let environment = ProcessInfo.processInfo.environment
        guard let key = environment["MARTLET_KEY"], !key.isEmpty else {
            throw failure(
                "MARTLET_KEY is not set. Put one of the keys of admin.keys into it, as in: export MARTLET_KEY=\"$(cat KEYFILE)\""
            )
        }
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw failure("MARTLET_KEY has a space or a character that no key has; was it copied whole?")
        }
        let stem = base.hasSuffix("/") ? String(base.dropLast()) : base
        return OutboundRequest(
            method: method,
            url: stem + path.map { "/" + Self.escape($0) }.joined() + query,
            headers: HeaderFields(
                [("Authorization", "Bearer \(key)"), ("Accept", "application/json")]
                    + (body.isEmpty ? [] : [("Content-Type", "application/json")]) + headers
            ),
            body: body,
            timeout: timeout,
            // The operator names the gateway himself; it usually is on this very machine.
            egress: EgressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap(AddressBlock.init)),
            bodyLimit: 16 << 20
        )
    }

    private func send(_ request: OutboundRequest) async throws -> AttemptResult {
        let loop = try EventLoop(label: "martlet.command.loop")
        let transport = CurlTransport(loop: loop)
        let result = await withCheckedContinuation { continuation in
            transport.send(request) { continuation.resume(returning: $0) }
        }
        await transport.shutDown()
        await loop.shutDown()
        return result
    }

    /// The answer of a request that has ended.
    ///
    /// - Throws: `ExitCode(1)` after the reason has been printed, if there is none or it is not the admin API's.
    func read(_ result: AttemptResult, whenUnreachable: String? = nil) throws -> Answer {
        guard case .answered(let status) = result.outcome else {
            var reason = ""
            if case .failed(let failure) = result.outcome { reason = "\(failure.rawValue): \(result.detail ?? "")" }
            let sentences = [
                "No answer from \(base) (\(reason)).",
                "Is the gateway running? Name its admin address with --url or MARTLET_URL.", whenUnreachable,
            ]
            throw failure(sentences.compactMap { $0 }.joined(separator: " "))
        }
        let text = String(decoding: result.body, as: UTF8.self)
        guard let object = (try? JSONReader.read(result.body))?.object else {
            throw failure(
                "\(base) answered HTTP \(status), but not as the admin API does. Is it the gateway's admin address, not the one for callbacks?"
            )
        }
        return Answer(status: status, text: text, object: object)
    }

    /// What a refusal says, for a person.
    static func sentence(_ status: Int, _ problem: JSONObject) -> String {
        let detail = problem["detail"]?.string ?? "HTTP \(status)"
        switch status {
        case 401: return "The gateway does not accept MARTLET_KEY: \(detail)."
        case 403: return "This key may not do that: \(detail)."
        default:
            let end = detail.hasSuffix("?") || detail.hasSuffix(".") ? "" : "."
            return detail.prefix(1).uppercased() + detail.dropFirst() + end
        }
    }

    func failure(_ sentence: String) -> ExitCode {
        Console.error(Table.printable(sentence) + "\n")
        return ExitCode(1)
    }

    /// Keeps what RFC 3986 section 2.3 calls unreserved, so that no id can be taken for another path.
    static func escape(_ segment: String) -> String {
        segment.utf8.map { byte -> String in
            let isLetter = (0x61...0x7A).contains(byte | 0x20)
            let isPlain = isLetter || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
        }.joined()
    }
}
