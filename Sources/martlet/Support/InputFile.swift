// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// A request's body that a command sends as it is.
enum InputFile {
    /// Bytes that the gateway takes at most.
    private static let limit = 1 << 20

    /// Reads the file, or standard input for `-`.
    ///
    /// `what` and `shape`: for messages, such as `registration` and `one JSON object with "source"`.
    static func read(_ path: String, holding what: String, as shape: String) throws -> [UInt8] {
        let bytes: [UInt8]
        if path == "-" {
            bytes = [UInt8](FileHandle.standardInput.readData(ofLength: limit + 1))
        } else {
            do {
                let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                defer { try? handle.close() }
                bytes = [UInt8](try handle.read(upToCount: limit + 1) ?? Data())
            } catch {
                Console.error("\(Table.printable(path)) cannot be read. Name a JSON file, or - for standard input.\n")
                throw ExitCode(1)
            }
        }
        guard !bytes.isEmpty else {
            throw ValidationError("The \(what) is empty; it is \(shape).")
        }
        guard bytes.count <= limit else { throw ValidationError("The \(what) is larger than 1 MiB.") }
        return bytes
    }
}
