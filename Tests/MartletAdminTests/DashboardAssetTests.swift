// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletDashboard
import MartletTesting
import Testing

/// What the executable holds is what the folder holds, and nothing of it breaks the page's own security policy.
@Suite struct DashboardAssetTests {
    private static let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/MartletDashboard/assets")

    @Test func everyFileIsEmbeddedAsItIs() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(DashboardAssets.all.map(\.name)) == Set(names))
        for asset in DashboardAssets.all {
            let data = try Data(contentsOf: Self.folder.appendingPathComponent(asset.name))
            #expect(Array(data) == asset.bytes, "\(asset.name)")
        }
    }

    /// No inline script or style, nothing from elsewhere, and data never becomes markup.
    @Test func noFileBreaksThePolicy() {
        let forbidden = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        for asset in DashboardAssets.all {
            let text = String(decoding: asset.bytes, as: UTF8.self)
            for word in forbidden { #expect(!text.contains(word), "\(asset.name) has \(word)") }
            let elsewhere = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(!elsewhere.contains("src=\"http") && !elsewhere.contains("from \"http"), "\(asset.name)")
        }
        let page = DashboardAssets.all.first { $0.name == "index.html" }.map {
            String(decoding: $0.bytes, as: UTF8.self)
        }
        #expect(page?.contains("<style") == false)
        #expect(page?.contains(" style=") == false)
        #expect(page?.contains("<script>") == false)
    }

    @Test func scriptsImportOnlyWhatThereIs() {
        let names = Set(DashboardAssets.all.map(\.name))
        for asset in DashboardAssets.all where asset.name.hasSuffix(".js") {
            for line in String(decoding: asset.bytes, as: UTF8.self).split(separator: "\n") {
                guard let start = line.range(of: "from \"./"), let end = line.range(of: "\";") else { continue }
                let name = String(line[start.upperBound..<end.lowerBound])
                #expect(names.contains(name), "\(asset.name) imports \(name)")
            }
        }
    }
}
