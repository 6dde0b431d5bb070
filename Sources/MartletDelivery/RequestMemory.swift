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
        let suppressed = ["Expect:", "Content-Type:"]
        var size = 0
        for field in fields.fields { size += field.name.utf8.count + field.value.utf8.count + 3 }
        for line in suppressed { size += line.utf8.count + 1 }
        reserve(text: size, nodes: fields.fields.count + suppressed.count)
        textCount = 0
        nodeCount = 0
        var hasContentType = false
        for field in fields.fields {
            guard field.name.isHTTPToken else {
                throw CurlProblem(failure: .other, detail: "a header name is empty or has a character that is no token")
            }
            guard !field.value.hasLineBreak else {
                throw CurlProblem(failure: .other, detail: "header \(field.name) has a line break or NUL in its value")
            }
            hasContentType = hasContentType || field.name.equalsIgnoringASCIICase("Content-Type")
            beginLine()
            append(field.name)
            // `Name:` would remove the field and `Name;` is an empty one (CURLOPT_HTTPHEADER(3)).
            let isBlank = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            append(isBlank ? ";" : ": ")
            if !isBlank { append(field.value) }
            endLine()
        }
        for line in suppressed where !(hasContentType && line == "Content-Type:") {
            beginLine()
            append(line)
            endLine()
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

    private mutating func append(_ part: String) {
        var part = part
        let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(text)[textCount...])
        textCount += part.withUTF8 { bytes in
            target.copyMemory(from: UnsafeRawBufferPointer(bytes))
            return bytes.count
        }
    }

    private mutating func endLine() {
        text[textCount] = 0
        textCount += 1
    }
}

extension String {
    /// RFC 9110 section 5.6.2.
    fileprivate var isHTTPToken: Bool {
        !utf8.isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
                case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
                default: false
                }
            }
    }

    fileprivate var hasLineBreak: Bool { utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0x00 } }
}
