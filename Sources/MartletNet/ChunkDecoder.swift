// SPDX-License-Identifier: Apache-2.0

/// Takes the chunked coding off a body (RFC 9112 section 7.1).
///
/// Trailers are read and dropped.
/// Strict where http-parser is not: it takes anything for a chunk extension, a bare LF included, and other servers
/// see the chunk's end there.
struct ChunkDecoder {
    private enum State {
        case sizeStart
        case size
        case extensions
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
    }

    enum Result: Equatable {
        case incomplete
        case complete
        case refused(Int)
    }

    private var state = State.sizeStart
    private var remaining = 0
    private var framing = 0

    /// Appends the content of `bytes` to `body` and moves `position` behind what was read.
    mutating func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from position: inout Int,
        into body: inout [UInt8],
        limits: HTTPLimits
    ) -> Result {
        while position < bytes.count {
            if state == .data {
                let count = min(remaining, bytes.count - position)
                body.append(contentsOf: bytes[position..<position + count])
                position += count
                remaining -= count
                if remaining == 0 { state = .dataReturn }
                continue
            }
            let byte = bytes[position]
            position += 1
            framing += 1
            // Extensions and trailers have no use here; without a bound they would be a way to send for ever.
            if framing > limits.chunkFraming { return .refused(413) }
            let result = step(byte, room: limits.body - body.count)
            if result != .incomplete { return result }
        }
        return .incomplete
    }

    private mutating func step(_ byte: UInt8, room: Int) -> Result {
        switch state {
        case .sizeStart, .size:
            if let digit = ByteRules.hexValue(byte) {
                if state == .sizeStart { remaining = 0 }
                state = .size
                remaining = remaining << 4 | digit
                return remaining > room ? .refused(413) : .incomplete
            }
            guard state == .size else { return .refused(400) }
            switch byte {
            case 0x0D: state = .sizeLineFeed
            case 0x3B: state = .extensions
            default: return .refused(400)
            }
        case .extensions:
            if byte == 0x0D {
                state = .sizeLineFeed
            } else if !ByteRules.isFieldValue(byte) {
                return .refused(400)
            }
        case .sizeLineFeed: return expect(byte, 0x0A, then: remaining == 0 ? .trailerStart : .data)
        case .data: break
        case .dataReturn: return expect(byte, 0x0D, then: .dataLineFeed)
        case .dataLineFeed: return expect(byte, 0x0A, then: .sizeStart)
        case .trailerStart where byte == 0x0D: state = .lastLineFeed
        case .trailerStart: return expectToken(byte)
        case .trailerName where byte == 0x3A: state = .trailerValue
        case .trailerName: return expectToken(byte)
        case .trailerValue where byte == 0x0D: state = .trailerLineFeed
        case .trailerValue: return ByteRules.isFieldValue(byte) ? .incomplete : .refused(400)
        case .trailerLineFeed: return expect(byte, 0x0A, then: .trailerStart)
        case .lastLineFeed: return byte == 0x0A ? .complete : .refused(400)
        }
        return .incomplete
    }

    private mutating func expect(_ byte: UInt8, _ wanted: UInt8, then next: State) -> Result {
        guard byte == wanted else { return .refused(400) }
        state = next
        return .incomplete
    }

    private mutating func expectToken(_ byte: UInt8) -> Result {
        guard ByteRules.isToken(byte) else { return .refused(400) }
        state = .trailerName
        return .incomplete
    }
}
