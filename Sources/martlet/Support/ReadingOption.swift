// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletAdmin
import MartletStore
import MartletStoreSQLite
import MartletWire

/// Where the commands that read find what they show: at a running gateway, or in the store of one that does not run.
struct ReadingOption: ParsableArguments {
    @OptionGroup var gateway: GatewayOption
    @Option(
        help: ArgumentHelp(
            "Read this database file instead of asking a gateway; for when none runs. Needs no key.",
            valueName: "file"
        )
    )
    var store: String?

    var json: Bool { gateway.json }

    /// The document that the gateway answers, or the same one made of the store's file.
    ///
    /// `document`: nil if there is no such thing in the store.
    func read(
        _ path: [String],
        query: String = "",
        from document: @Sendable (any EventStore) async throws -> [UInt8]?,
        whenMissing: String
    ) async throws -> JSONObject {
        guard let store else {
            return try await gateway.ask(
                "GET",
                path,
                query: query,
                whenUnreachable: "If it does not run, read its store: --store FILE"
            ).object
        }
        let bytes = try await Self.withStore(store, document)
        guard let bytes, let object = (try? JSONReader.read(bytes))?.object else {
            Console.error(Table.printable(whenMissing) + "\n")
            throw ExitCode(1)
        }
        if json { Console.output(String(decoding: bytes, as: UTF8.self) + "\n") }
        return object
    }

    /// Opens the store for reading only, beside a gateway that may be running on it after all.
    private static func withStore<Result: Sendable>(
        _ path: String,
        _ body: @Sendable (any EventStore) async throws -> Result
    ) async throws -> Result {
        do {
            let file = path.hasPrefix("sqlite:") ? String(path.dropFirst(7)) : path
            let store = try SQLiteEventStore.openReadOnly(path: file)
            let result = try await body(store)
            await store.close()
            return result
        } catch let error as StoreError {
            Console.error(Table.printable("\(error)") + "\n")
            throw ExitCode(1)
        }
    }
}

/// A list's filters as the query of a request.
struct ListQuery {
    private(set) var text: String

    init(limit: Int, _ filters: [(String, String?)]) {
        text = "?limit=\(limit)"
        for case (let name, let value?) in filters { text += "&\(name)=\(GatewayOption.escape(value))" }
    }
}
