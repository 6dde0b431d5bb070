// SPDX-License-Identifier: Apache-2.0

/// One delivery that a replay is to make: the event, and the delivery in whose place it comes.
struct ReplayItem: Sendable, Equatable {
    var event: Int64
    /// Nil where the endpoint is to get an event that it never had.
    var delivery: Int64?

    /// Items of one block: few enough that a step reads only what it needs.
    static let block = 256

    /// Two numbers of 64 bits each, little end first; no delivery is 0.
    static func encode(_ items: ArraySlice<ReplayItem>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.count * 16)
        for item in items {
            for number in [item.event, item.delivery ?? 0] {
                withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [ReplayItem] {
        bytes.withUnsafeBytes { buffer in
            (0..<buffer.count / 16).map { index in
                func number(_ place: Int) -> Int64 {
                    Int64(littleEndian: buffer.loadUnaligned(fromByteOffset: index * 16 + place, as: Int64.self))
                }
                let delivery = number(8)
                return ReplayItem(event: number(0), delivery: delivery == 0 ? nil : delivery)
            }
        }
    }
}
