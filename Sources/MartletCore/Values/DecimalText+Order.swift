// SPDX-License-Identifier: Apache-2.0

extension DecimalText: Comparable {
    /// Exact, digit by digit.
    ///
    /// The canonical form has no padding zeros, so of two whole parts the longer is the greater.
    package static func < (left: DecimalText, right: DecimalText) -> Bool {
        let isLeftNegative = left.canonical.utf8.first == 0x2D
        let isRightNegative = right.canonical.utf8.first == 0x2D
        return switch (isLeftNegative, isRightNegative) {
        case (false, false): precedes(left.canonical.utf8, right.canonical.utf8)
        case (true, true): precedes(right.canonical.utf8.dropFirst(), left.canonical.utf8.dropFirst())
        case (true, false): true
        case (false, true): false
        }
    }

    private static func precedes(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        let leftWhole = left.prefix { $0 != 0x2E }.count
        let rightWhole = right.prefix { $0 != 0x2E }.count
        // The points stand below each other now, and a text that goes on after another's end is the greater.
        return leftWhole == rightWhole ? left.lexicographicallyPrecedes(right) : leftWhole < rightWhole
    }
}
