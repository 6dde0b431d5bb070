// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Finds the end of a request's head and judges each line's raw bytes as it becomes complete.
///
/// The parser library forgives what RFC 9112 lets a recipient forgive (bare LF, folded lines, a blank before the
/// colon in lenient builds), and how much depends on how it was compiled. Two servers in a row that forgive
/// differently see different requests in the same bytes, so nothing is forgiven here.
struct HeadScanner {
    enum Result: Equatable {
        case incomplete
        /// The head's bytes, its empty line included.
        case complete(Range<Int>)
        case refused(Int)
    }

    /// Where the current line starts, counted from the first byte not yet consumed.
    private var lineStart = 0
    /// Bytes that were searched for a line end before.
    private var searched = 0
    private var headStart = 0
    private var fieldsStart: Int?
    private var fields = 0

    /// Whether a byte of the head was seen.
    var hasBegun: Bool { searched > headStart }

    /// Goes on scanning; `bytes` is everything not yet consumed and begins alike on every call until a result.
    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, limits: HTTPLimits) -> Result {
        guard let base = bytes.baseAddress else { return .incomplete }
        while true {
            let found = memchr(base + searched, 0x0A, bytes.count - searched)
            guard let found else {
                searched = bytes.count
                return overrun(upTo: bytes.count, limits: limits)
            }
            let lineFeed = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            searched = lineFeed + 1
            if case .refused(let status) = overrun(upTo: searched, limits: limits) { return .refused(status) }
            // RFC 9112 section 2.2: a line ends in CRLF; the leave to accept a bare LF is not taken.
            guard lineFeed > lineStart, bytes[lineFeed - 1] == 0x0D else { return .refused(400) }
            let line = UnsafeBufferPointer(rebasing: bytes[lineStart..<lineFeed - 1])
            lineStart = searched
            if fieldsStart == nil {
                // RFC 9112 section 2.2: an empty line before the request line is ignored; one, not a stream of them.
                if line.isEmpty, headStart == 0 {
                    headStart = searched
                    continue
                }
                let status = RequestLineRule.status(of: line)
                guard status == 200 else { return .refused(status) }
                fieldsStart = searched
            } else if line.isEmpty {
                return .complete(headStart..<searched)
            } else {
                fields += 1
                if fields > limits.headerCount { return .refused(431) }
                guard Self.isField(line) else { return .refused(400) }
            }
        }
    }

    private func overrun(upTo end: Int, limits: HTTPLimits) -> Result {
        if let fieldsStart { return end - fieldsStart > limits.headerBlock ? .refused(431) : .incomplete }
        return end - lineStart > limits.requestLine + 2 ? .refused(414) : .incomplete
    }

    /// A token, the colon at once, a value without controls (RFC 9112 section 5.1).
    ///
    /// A line that starts with a blank is an obsolete fold (section 5.2), or smuggled in before the first field
    /// (section 2.2): no token, refused.
    private static func isField(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < line.count, ByteRules.isToken(line[index]) { index += 1 }
        guard index > 0, index < line.count, line[index] == 0x3A else { return false }
        index += 1
        while index < line.count {
            guard ByteRules.isFieldValue(line[index]) else { return false }
            index += 1
        }
        return true
    }
}

/// RFC 9112 section 3: `method SP request-target SP HTTP-version`, single blanks.
enum RequestLineRule {
    /// 200, or the status that refuses the line.
    static func status(of line: UnsafeBufferPointer<UInt8>) -> Int {
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last else {
            return 400
        }
        let method = line[..<first]
        let target = line[(first + 1)..<last]
        let version = line[(last + 1)...]
        guard !method.isEmpty, method.allSatisfy(ByteRules.isToken), target.allSatisfy(ByteRules.isTarget),
            version.count == 8, version.starts(with: "HTTP/".utf8), version[last + 7] == 0x2E,
            ByteRules.isDigit(version[last + 6]), ByteRules.isDigit(version[last + 8])
        else { return 400 }
        // RFC 9110 section 15.6.6.
        guard version[last + 6] == 0x31, version[last + 8] <= 0x31 else { return 505 }
        // RFC 9110 section 9.3.6: a server that is no proxy may refuse CONNECT as a method it does not know.
        if method.elementsEqual("CONNECT".utf8) { return 501 }
        return isTarget(UnsafeBufferPointer(rebasing: target), method: method) ? 200 : 400
    }

    private static func isTarget(
        _ target: UnsafeBufferPointer<UInt8>,
        method: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Bool {
        if target.first == 0x2F { return true }
        // RFC 9112 section 3.2.4: the asterisk form is for OPTIONS.
        if target.elementsEqual("*".utf8) { return method.elementsEqual("OPTIONS".utf8) }
        // RFC 9112 section 3.2.2: the absolute form must be understood. User information: RFC 9110 section 4.2.4.
        for (scheme, length) in [("http://" as StaticString, 7), ("https://", 8)] where target.count > length {
            guard ByteRules.equal(UnsafeBufferPointer(rebasing: target[..<length]), lowercase: scheme) else { continue }
            let authority = target[length...].prefix { $0 != 0x2F && $0 != 0x3F }
            return !authority.isEmpty && authority.allSatisfy(ByteRules.isHost)
        }
        return false
    }
}
