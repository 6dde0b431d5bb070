// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import MartletConfig
import MartletCore
import MartletNet
import MartletProviders
import MartletRuntime
import MartletStore
import MartletTesting
import MartletWire

@testable import MartletGateway

/// A real gateway in this process: real listeners on free ports, a real SQLite file in a folder of its own.
struct GatewayHarness {
    let gateway: Gateway
    let folder: URL
    let configuration: Configuration

    /// The secret of every endpoint that the harness configures.
    static let endpointSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    /// What goes wrong before a test can begin.
    struct SetUpError: Error, CustomStringConvertible {
        var description: String
    }

    /// Starts a gateway.
    ///
    /// `sources`: members of the source objects, without braces around the list.
    /// `endpoints` and `keys` (of `admin`): likewise.
    /// `folder`: an earlier harness's folder, to start again on the same store.
    /// `secretsKey`: nil for a gateway that can store no secret; `extra` may name others.
    static func start(
        sources: String,
        endpoints: String = "",
        extra: String = "",
        folder: URL? = nil,
        files: [String: String] = [:],
        listen: String = "127.0.0.1:0",
        shops: [String] = ["nordic"],
        keys: String = "",
        secretsKey: String? = Samples.secretsKeyText,
        clock: any WallClock = SystemClock(),
        providers: [ProviderKind] = ProviderRegistry.kinds
    ) async throws -> GatewayHarness {
        let (configuration, folder) = try load(
            sources: sources,
            endpoints: endpoints,
            extra: extra,
            folder: folder,
            files: files,
            listen: listen,
            shops: shops,
            keys: keys,
            secretsKey: secretsKey,
            providers: providers
        )
        var log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        log.logLevel = .critical
        let gateway = try await Gateway(configuration, log: log, clock: clock)
        return GatewayHarness(gateway: gateway, folder: folder, configuration: configuration)
    }

    /// Reads a configuration, with the folder that it stands in.
    static func load(
        sources: String,
        endpoints: String = "",
        extra: String = "",
        folder: URL? = nil,
        files: [String: String] = [:],
        listen: String = "127.0.0.1:0",
        shops: [String] = ["nordic"],
        keys: String = "",
        secretsKey: String? = Samples.secretsKeyText,
        providers: [ProviderKind] = ProviderRegistry.kinds
    ) throws -> (Configuration, URL) {
        let folder = try folder ?? makeFolder()
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let isNamed = extra.contains("\"secretsKey\"")
        let sealing = isNamed ? "" : secretsKey.map { "\n  \"secretsKey\": \"plain:\($0)\"," } ?? ""
        let json = """
            {
              "ingest": { "listen": "\(listen)", "trustedProxies": ["127.0.0.0/8"] },
              "admin": { "listen": "127.0.0.1:0", "keys": [\(keys)] },
              "store": "sqlite:martlet.db",\(sealing)
              "shops": [\(shops.map { "{ \"id\": \"\($0)\" }" }.joined(separator: ","))],
              "sources": [\(sources)],
              "endpoints": [\(endpoints)],
              "delivery": { "allowNetworks": ["127.0.0.0/8"] }\(extra.isEmpty ? "" : ",\n  \(extra)")
            }
            """
        let (configuration, problems) = ConfigurationLoader.load(
            bytes: Array(json.utf8),
            folder: folder.path,
            providers: providers,
            environment: [:]
        )
        guard let configuration else {
            throw SetUpError(description: problems.map(\.description).joined(separator: "\n"))
        }
        return (configuration, folder)
    }

    /// Runs a body against a gateway, stops it whatever happens, and removes its folder.
    static func run(
        sources: String,
        endpoints: String = "",
        extra: String = "",
        files: [String: String] = [:],
        shops: [String] = ["nordic"],
        keys: String = "",
        secretsKey: String? = Samples.secretsKeyText,
        clock: any WallClock = SystemClock(),
        providers: [ProviderKind] = ProviderRegistry.kinds,
        _ body: (GatewayHarness) async throws -> Void
    ) async throws {
        let harness = try await start(
            sources: sources,
            endpoints: endpoints,
            extra: extra,
            files: files,
            shops: shops,
            keys: keys,
            secretsKey: secretsKey,
            clock: clock,
            providers: providers
        )
        do {
            try await body(harness)
        } catch {
            await harness.stop()
            throw error
        }
        await harness.stop()
    }

    func stop(keepingFolder: Bool = false) async {
        await gateway.stop(within: .seconds(5))
        if !keepingFolder { try? FileManager.default.removeItem(at: folder) }
    }

    /// A client connected to the ingest listener.
    func connect() throws -> RawClient { try RawClient(port: gateway.ingestAddress.port) }

    /// Sends one request on a connection of its own and reads the answer.
    ///
    /// The client blocks its thread, and the gateway in this process may need one of Swift's few threads to answer; so
    /// the client gets one of Dispatch's.
    func send(
        _ method: String = "POST",
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        toAdmin: Bool = false
    ) async throws -> RawClient.Response {
        let port = toAdmin ? gateway.adminAddress.port : gateway.ingestAddress.port
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let client = try RawClient(port: port)
                        defer { client.close() }
                        return try Self.send(on: client, method, path, headers: headers, body: body)
                    }
                )
            }
        }
    }

    static func send(
        on client: RawClient,
        _ method: String = "POST",
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) throws -> RawClient.Response {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        try client.send(Array((head + "\r\n").utf8) + body)
        return try client.readResponse(toHead: method == "HEAD")
    }

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
