// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// The registration that `martlet watches add` sends.
enum RegistrationFile {
    /// Bytes that the gateway takes at most.
    private static let limit = 1 << 20

    /// Reads the file, or standard input for `-`.
    static func read(_ path: String) throws -> [UInt8] {
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
            throw ValidationError("The registration is empty; it is one JSON object with \"source\" and the order.")
        }
        guard bytes.count <= limit else { throw ValidationError("The registration is larger than 1 MiB.") }
        return bytes
    }
}
