// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// The dashboard of a real gateway in a real browser: `Tests/Browser/walk.py` says what is done there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DashboardTests {
    @Test func anOperatorWalksThroughItAfterAnOutage() async throws {
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Browser/walk.py")
        let walk = try MartletProcess(
            ["python3", "-B", script.path, "--martlet", MartletProcess.executable.path],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            followOutput: true
        )
        let status = await walk.end()
        print("dashboard: \(walk.text)")
        #expect(status == 0, "\(walk.text)")
        let counts = try #require(try JSONSerialization.jsonObject(with: Data(walk.text.utf8)) as? [String: Any])
        // Thirteen pages in two widths and two schemes, and those on the way.
        #expect((counts["pages"] as? Int ?? 0) >= 60)
        #expect((counts["stops"] as? Int ?? 0) >= 300)
        #expect((counts["texts"] as? Int ?? 0) >= 3000)
        #expect((counts["presses"] as? Int ?? 0) >= 50)
    }
}
