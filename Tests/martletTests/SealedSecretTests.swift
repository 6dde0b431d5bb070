// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletTesting
import Testing

/// What is sealed here opens with another implementation, and the other way round.
@Suite(.timeLimit(.minutes(1))) struct SealedSecretTests {
    @Test func cryptographyOfPythonOpensAndSealsTheSame() throws {
        let texts = ["whsec_x", "a", String(repeating: "long ", count: 100).replacing(" ", with: "_")]
        var input = ""
        var boxes: [(box: SecretBox, place: String)] = []
        for (number, text) in texts.enumerated() {
            let key = SecretsKey.generate()
            let box = SecretBox(try SecretsKey(Secret(text: key)))
            let place = "orders.ipn_secret:kryptoswap/main:\(number)"
            let sealed = String(decoding: box.seal(Secret(text: text), for: place), as: UTF8.self)
            input += "\(key) \(place) \(sealed)\n"
            boxes.append((box, place))
        }
        let lines = try python(input)
        #expect(Array(lines.prefix(texts.count)) == texts)
        let again = lines.dropFirst(texts.count + 1)
        #expect(again.count == texts.count)
        for ((pair, text), sealed) in zip(zip(boxes, texts), again) {
            #expect(try pair.box.open(Array(sealed.utf8), for: pair.place) == Secret(text: text))
        }
    }

    private func python(_ input: String) throws -> [String] {
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/open_sealed.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-B", script.path]
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitForEnd(of: "open_sealed.py")
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
