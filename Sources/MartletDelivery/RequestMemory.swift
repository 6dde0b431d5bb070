// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore
import MartletWire

/// The request's body and header list where libcurl may read them for as long as the transfer runs.
///
/// Allocated and kept from one transfer to the next, because neither `CURLOPT_POSTFIELDS` nor `CURLOPT_HTTPHEADER`
/// copies. The list's nodes are ours: libcurl only reads a header list (CURLOPT_HTTPHEADER(3)), and building it with
/// `curl_slist_append` would cost two allocations for each field.
struct RequestMemory {
    private(set) var body: UnsafeMutableBufferPointer<UInt8> = .init(start: nil, count: 0)
    private var text: UnsafeMutableBufferPointer<CChar> = .init(start: nil, count: 0)
    private var nodes: UnsafeMutableBufferPointer<curl_slist> = .init(start: nil, count: 0)
    private var textCount = 0
    private var nodeCount = 0

    private static let noContentType = "Content-Type:"
    private static let suppressed = ["Expect:", noContentType]
    private static let suppressedBytes = suppressed.reduce(0) { $0 + $1.utf8.count + 1 }

    /// A body beyond this is not kept allocated for the next transfer.
    private static let keptBody = 65_536

    /// The first node of the header list.
    var headers: UnsafeMutablePointer<curl_slist>? { nodes.baseAddress }

    mutating func store(body bytes: [UInt8]) {
        // Never nil: without a body pointer libcurl would read the body from standard input.
        if body.baseAddress == nil || body.count < bytes.count || body.count > Self.keptBody {
            body.deallocate()
            body = .allocate(capacity: max(bytes.count, 1024))
        }
        _ = body.update(fromContentsOf: bytes)
    }

    /// Writes the header list, and with it the fields that libcurl would add by itself unless told not to.
    ///
    /// - Throws: `CurlProblem` for a field that would break the request's framing (RFC 9110 section 5.5).
    mutating func store(headers fields: HeaderFields) throws(CurlProblem) {
        var size = Self.suppressedBytes
        for field in fields.fields { size += field.name.utf8.count + field.value.utf8.count + 3 }
        reserve(text: size, nodes: fields.fields.count + Self.suppressed.count)
        textCount = 0
        nodeCount = 0
        var hasContentType = false
        for field in fields.fields {
            hasContentType = hasContentType || field.name.equalsIgnoringASCIICase("Content-Type")
            beginLine()
            guard append(field.name, where: Self.isToken), !field.name.isEmpty else {
                throw CurlProblem(failure: .other, detail: "a header name is empty or has a character that is no token")
            }
            // `Name:` would remove the field and `Name;` is an empty one (CURLOPT_HTTPHEADER(3)).
            if field.value.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                append(0x3B)
            } else {
                append(0x3A)
                append(0x20)
                guard append(field.value, where: Self.staysOnItsLine) else {
                    throw CurlProblem(
                        failure: .other,
                        detail: "header \(field.name) has a line break or NUL in its value"
                    )
                }
            }
            append(0)
        }
        for line in Self.suppressed where !(hasContentType && line == Self.noContentType) {
            beginLine()
            _ = append(line) { _ in true }
            append(0)
        }
    }

    func free() {
        body.deallocate()
        text.deallocate()
        nodes.deallocate()
    }

    private mutating func reserve(text size: Int, nodes count: Int) {
        if text.count < size {
            text.deallocate()
            text = .allocate(capacity: size * 2)
        }
        if nodes.count < count {
            nodes.deallocate()
            nodes = .allocate(capacity: count * 2)
        }
    }

    private mutating func beginLine() {
        let data = text.baseAddress.map { $0 + textCount }
        nodes.initializeElement(at: nodeCount, to: curl_slist(data: data, next: nil))
        if nodeCount > 0 { nodes[nodeCount - 1].next = nodes.baseAddress.map { $0 + nodeCount } }
        nodeCount += 1
    }

    /// False if a byte is not as it must be; the list is then of no use.
    private mutating func append(_ part: String, where isPermitted: (UInt8) -> Bool) -> Bool {
        var part = part
        return part.withUTF8 { bytes in
            var at = textCount
            for byte in bytes {
                guard isPermitted(byte) else { return false }
                text[at] = CChar(bitPattern: byte)
                at += 1
            }
            textCount = at
            return true
        }
    }

    private mutating func append(_ byte: UInt8) {
        text[textCount] = CChar(bitPattern: byte)
        textCount += 1
    }

    /// Of a name (RFC 9110 section 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }

    private static func staysOnItsLine(_ byte: UInt8) -> Bool { byte != 0x0A && byte != 0x0D && byte != 0x00 }
}
