// SPDX-License-Identifier: Apache-2.0
import CHTTPParser
import MartletWire

/// What a request's head says.
struct RequestHead {
    enum Framing: Equatable {
        case length(Int)
        case chunked
    }

    var method = ""
    var target = ""
    var headers = HeaderFields()
    var framing = Framing.length(0)
    /// RFC 9112 section 9.3, from version and `Connection`.
    var keepsAlive = false
    var isHTTP10 = false
    /// `Expect: 100-continue` (RFC 9110 section 10.1.1).
    var awaitsContinue = false
}

/// http-parser 2.9.4, which nothing outside this file sees, so that llhttp can take its place.
///
/// Reads complete heads that `HeadScanner` let pass; bodies are framed by `RequestReader`. One parser serves all
/// connections of a listener, because a head is read in one call.
final class RequestParser {
    enum Result {
        case head(RequestHead)
        case refused(Int)
    }

    private enum Last {
        case nothing
        case name
        case value
    }

    private let parser: UnsafeMutablePointer<http_parser>
    private let settings: UnsafeMutablePointer<http_parser_settings>

    private var head = RequestHead()
    private var rules = FieldRules()
    private var isComplete = false
    private var last = Last.nothing
    // Slices of the head. The library hands out a token in one piece when it is given the whole head, but does not
    // promise it: pieces of one token are neighbours in the head and grow together again.
    private var target = Slice()
    private var name = Slice()
    private var value = Slice()

    private struct Slice {
        var start: UnsafePointer<UInt8>?
        var count = 0
        var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

        mutating func extend(_ pointer: UnsafePointer<CChar>?, _ length: Int) {
            guard let pointer else { return }
            if start == nil {
                start = UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            }
            count += length
        }
    }

    init() {
        parser = .allocate(capacity: 1)
        parser.initialize(to: http_parser())
        settings = .allocate(capacity: 1)
        settings.initialize(to: http_parser_settings())
        http_parser_settings_init(settings)
        settings.pointee.on_url = { parser, bytes, length in
            RequestParser.of(parser)?.target.extend(bytes, length)
            return 0
        }
        settings.pointee.on_header_field = { parser, bytes, length in
            RequestParser.of(parser)?.nameArrived(bytes, length)
            return 0
        }
        settings.pointee.on_header_value = { parser, bytes, length in
            RequestParser.of(parser)?.valueArrived(bytes, length)
            return 0
        }
        settings.pointee.on_headers_complete = { parser in
            RequestParser.of(parser)?.headEnded()
            // 1: expect no body. The library's own body and trailer readers stay out of use.
            return 1
        }
    }

    deinit {
        parser.deallocate()
        settings.deallocate()
    }

    /// Reads one whole head that `HeadScanner` found complete.
    func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Result {
        head = RequestHead()
        rules = FieldRules()
        isComplete = false
        last = .nothing
        target = Slice()
        name = Slice()
        value = Slice()
        http_parser_init(parser, HTTP_REQUEST)
        parser.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        let read = bytes.withMemoryRebound(to: CChar.self) {
            http_parser_execute(parser, settings, $0.baseAddress, $0.count)
        }
        let code = http_errno(rawValue: UInt32(parser.pointee.http_errno))
        guard code == HPE_OK, isComplete, read == bytes.count || parser.pointee.upgrade == 1 else {
            switch code {
            case HPE_HEADER_OVERFLOW: return .refused(431)
            // RFC 9110 section 9.1: a method that the server does not know.
            case HPE_INVALID_METHOD: return .refused(501)
            default: return .refused(400)
            }
        }
        head.target = String(decoding: target.bytes, as: UTF8.self)
        head.method = String(cString: http_method_str(http_method(rawValue: UInt32(parser.pointee.method))))
        let refusal = rules.judge(&head)
        return refusal == 200 ? .head(head) : .refused(refusal)
    }

    private func nameArrived(_ bytes: UnsafePointer<CChar>?, _ length: Int) {
        if last == .value { endField() }
        last = .name
        name.extend(bytes, length)
    }

    private func valueArrived(_ bytes: UnsafePointer<CChar>?, _ length: Int) {
        last = .value
        value.extend(bytes, length)
    }

    private func endField() {
        let content = ByteRules.trimmed(value.bytes)
        rules.fieldRead(name: name.bytes, value: content)
        head.headers.append(
            String(decoding: name.bytes, as: UTF8.self),
            String(decoding: content, as: UTF8.self)
        )
        name = Slice()
        value = Slice()
    }

    private func headEnded() {
        if last != .nothing { endField() }
        head.isHTTP10 = parser.pointee.http_minor == 0
        head.keepsAlive = http_should_keep_alive(parser) != 0
        isComplete = true
    }

    private static func of(_ parser: UnsafeMutablePointer<http_parser>?) -> RequestParser? {
        guard let data = parser?.pointee.data else { return nil }
        return Unmanaged<RequestParser>.fromOpaque(data).takeUnretainedValue()
    }
}
