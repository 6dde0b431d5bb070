// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// Files under `Tests/Fixtures`.
package enum Fixtures {
    /// The folder, found from this source file's place in the checkout.
    package static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Tests/Fixtures")

    /// One provider's computed cases (layout: providers.md section 7), such as `cryptomus`.
    package static func vectors(_ provider: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent("vectors/\(provider).json"))
    }
}
