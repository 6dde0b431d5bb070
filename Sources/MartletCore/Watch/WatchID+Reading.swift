// SPDX-License-Identifier: Apache-2.0

extension WatchID {
    /// Reads `wch_42` or a bare `42`; nil for anything else.
    package init?(text: String) {
        let digits = text.hasPrefix("wch_") ? text.dropFirst(4) : Substring(text)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(digits), number > 0 else {
            return nil
        }
        self.init(number: number)
    }
}
