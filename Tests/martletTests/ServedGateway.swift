// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting

/// `martlet serve` as a child process on free ports, with a store and configuration in a folder of its own.
struct ServedGateway {
    static let endpointSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    let process: MartletProcess
    let ingestPort: UInt16
    let adminPort: UInt16

    /// One endpoint object for the configuration.
    static func endpoint(_ id: String, _ url: String, _ more: String = "") -> String {
        """
        { "id": "\(id)", "url": "\(url)", "shops": ["*"], "events": ["*"],
          "secrets": ["plain:\(endpointSecret)"]\(more.isEmpty ? "" : ", \(more)") }
        """
    }

    /// A folder that holds a configuration; the store is made beside it.
    static func makeFolder(endpoints: String, sources: String = SignedCallback.source) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(endpoints: endpoints, sources: sources, into: folder)
        return folder
    }

    static func write(
        endpoints: String,
        sources: String = SignedCallback.source,
        keys: String = "",
        ports: (ingest: UInt16, admin: UInt16) = (0, 0),
        extra: String = "",
        into folder: URL
    ) throws {
        let sealing = extra.contains("secretsKey") ? "" : "\"secretsKey\": \"plain:\(Samples.secretsKeyText)\","
        let json = """
            {
              "ingest": { "listen": "127.0.0.1:\(ports.ingest)" },
              "admin": { "listen": "127.0.0.1:\(ports.admin)", "keys": [\(keys)] },
              "store": "sqlite:martlet.db", \(sealing)
              "shops": [{ "id": "nordic" }],
              "sources": [\(sources)],
              "endpoints": [\(endpoints)],
              "delivery": { "allowNetworks": ["127.0.0.0/8"] }\(extra.isEmpty ? "" : ",\n  \(extra)")
            }
            """
        try Data(json.utf8).write(to: folder.appendingPathComponent("config.json"))
    }

    /// Two ports that are free, below those that the system hands out: nothing else takes them while the gateway is dead.
    static func freePorts(
        in folder: URL,
        using random: inout SplitMix64
    ) async throws -> (ingest: UInt16, admin: UInt16) {
        for _ in 0..<20 {
            let first = UInt16(20_000 + random.next() % 5_000 * 2)
            try write(endpoints: "", ports: (first, first + 1), into: folder)
            guard let gateway = try? await start(in: folder) else { continue }
            gateway.process.signal(SIGTERM)
            await gateway.process.end()
            return (first, first + 1)
        }
        throw MartletProcess.Failure(description: "no free ports")
    }

    /// Starts the process and waits until it listens.
    static func start(in folder: URL, logLevel: String = "notice") async throws -> ServedGateway {
        let process = try MartletProcess([
            "serve", "--config", folder.appendingPathComponent("config.json").path, "--log-level", logLevel,
        ])
        let line = try await process.line(with: "gateway started")
        return ServedGateway(
            process: process,
            ingestPort: try port(in: line, "ingest="),
            adminPort: try port(in: line, "admin=")
        )
    }

    private static func port(in line: String, _ key: String) throws -> UInt16 {
        let field = line.split(separator: " ").first { $0.hasPrefix(key) }
        guard let port = field?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw MartletProcess.Failure(description: "no \(key) in \(line)")
        }
        return port
    }
}
