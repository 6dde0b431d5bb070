// SPDX-License-Identifier: Apache-2.0

/// The fields that decide where a request ends and whom it is for; they are judged together when the head is whole.
struct FieldRules {
    private var hosts = 0
    private var hostIsValid = true
    private var lengths = 0
    /// Nil when it is no number, `Int.max` when it does not fit; the parser library refuses more than 64 bits.
    private var length: Int?
    private var encodings = 0
    private var isChunked = false
    private var expectations = 0
    private var awaitsContinue = false

    mutating func fieldRead(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        switch name.count {
        case 4 where ByteRules.equal(name, lowercase: "host"):
            hosts += 1
            hostIsValid = hostIsValid && value.allSatisfy(ByteRules.isHost)
        case 6 where ByteRules.equal(name, lowercase: "expect"):
            expectations += 1
            awaitsContinue = ByteRules.equal(value, lowercase: "100-continue")
        case 14 where ByteRules.equal(name, lowercase: "content-length"):
            lengths += 1
            length = Self.number(value)
        case 17 where ByteRules.equal(name, lowercase: "transfer-encoding"):
            encodings += 1
            isChunked = ByteRules.equal(value, lowercase: "chunked")
        default: break
        }
    }

    /// 200, or the status that refuses the request; completes the head's framing.
    func judge(_ head: inout RequestHead) -> Int {
        // RFC 9112 section 3.2: exactly one Host in HTTP/1.1, and never two.
        guard hosts == 1 || hosts == 0 && head.isHTTP10, hostIsValid else { return 400 }
        // RFC 9112 section 6.1: a body framed in two ways, or a coding that HTTP/1.0 does not have, is an attempt at
        // smuggling. Codings before `chunked` have no use in a callback; a last coding other than it has no end.
        guard encodings == 0 || encodings == 1 && isChunked && lengths == 0 && !head.isHTTP10 else { return 400 }
        if encodings == 1 {
            head.framing = .chunked
        } else if lengths > 0 {
            // RFC 9112 section 6.3: repeated lengths may be refused even when they agree.
            guard lengths == 1, let length else { return 400 }
            head.framing = .length(length)
        }
        // RFC 9110 section 10.1.1: other expectations cannot be met; HTTP/1.0 cannot have any.
        if expectations > 0, !head.isHTTP10 {
            guard expectations == 1, awaitsContinue else { return 417 }
            head.awaitsContinue = true
        }
        return 200
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return nil }
        var number = 0
        for byte in bytes {
            guard ByteRules.isDigit(byte) else { return nil }
            let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = tens.addingReportingOverflow(Int(byte) - 0x30)
            number = overflows || overflowsToo ? .max : sum
        }
        return number
    }
}
