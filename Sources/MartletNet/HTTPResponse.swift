// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// An answer, without the `Content-Length` and `Connection` that the listener adds.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    package var headers: HeaderFields
    package var body: [UInt8]
    /// A body that is written bit by bit instead; the connection closes after it.
    package var stream: HTTPBodyStream?

    package init(status: Int, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A `text/plain` answer of exactly these bytes, without a line end.
    package static func text(_ status: Int, _ body: String, headers: [(String, String)] = []) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HeaderFields([("Content-Type", "text/plain")] + headers),
            body: Array(body.utf8)
        )
    }
}

extension HTTPResponse {
    /// How the connection goes on after this answer.
    enum Persistence {
        case keepAlive
        /// HTTP/1.0 clients must be told (RFC 9112 section 9.3).
        case announcedKeepAlive
        case close
        /// A body whose length nobody knows follows: in chunks (RFC 9112 section 7.1), or for HTTP/1.0 until the end of the
        /// connection (section 6.3).
        case stream(isChunked: Bool)
    }

    /// Whether the handler asks for the connection to be closed.
    var asksToClose: Bool { headers[first: "Connection"]?.equalsIgnoringASCIICase("close") ?? false }

    /// Appends status line, fields and body, so that one write sends them all.
    ///
    /// Without body for HEAD, whose answer has the fields of GET's and no body (RFC 9110 section 9.3.2).
    func encode(into buffer: inout [UInt8], _ persistence: Persistence, withoutBody: Bool) {
        buffer.append(contentsOf: "HTTP/1.1 ".utf8)
        Self.append(status, to: &buffer)
        buffer.append(0x20)
        buffer.append(contentsOf: Self.reason(status).utf8)
        for field in headers.fields where !Self.isOwnedByListener(field.name) && Self.isToken(field.name) {
            buffer.append(contentsOf: "\r\n".utf8)
            buffer.append(contentsOf: field.name.utf8)
            buffer.append(contentsOf: ": ".utf8)
            // RFC 9110 section 5.5: a line end inside a value would let its text pass for another field.
            for byte in field.value.utf8 { buffer.append(ByteRules.isFieldValue(byte) ? byte : 0x20) }
        }
        // RFC 9110 section 8.6: no Content-Length with 1xx and 204; 304 would have to state the other answer's.
        let hasBody = status >= 200 && status != 204 && status != 304
        var isStream = false
        if case .stream = persistence { isStream = true }
        if hasBody, !isStream {
            buffer.append(contentsOf: "\r\nContent-Length: ".utf8)
            Self.append(body.count, to: &buffer)
        }
        switch persistence {
        case .keepAlive: buffer.append(contentsOf: "\r\n\r\n".utf8)
        case .announcedKeepAlive: buffer.append(contentsOf: "\r\nConnection: keep-alive\r\n\r\n".utf8)
        case .close, .stream(isChunked: false): buffer.append(contentsOf: "\r\nConnection: close\r\n\r\n".utf8)
        case .stream(isChunked: true):
            buffer.append(contentsOf: "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8)
        }
        if hasBody, !isStream, !withoutBody { buffer.append(contentsOf: body) }
    }

    private static func isOwnedByListener(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10: name.equalsIgnoringASCIICase("Connection")
        case 14: name.equalsIgnoringASCIICase("Content-Length")
        case 17: name.equalsIgnoringASCIICase("Transfer-Encoding")
        default: false
        }
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(ByteRules.isToken)
    }

    private static func append(_ number: Int, to buffer: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &buffer) }
        buffer.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        // The phrase is for people and may be empty (RFC 9112 section 4).
        default: ""
        }
    }
}
