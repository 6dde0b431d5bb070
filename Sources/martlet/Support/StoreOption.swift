// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletConfig
import MartletStore
import MartletStoreSQLite

/// Where the commands that read find the store, and how they print.
struct StoreOption: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("Read this database file instead of the configuration's.", valueName: "path"))
    var database: String?
    @Flag(help: "Print JSON instead of a table.") var json = false

    /// Opens the store for reading only, beside a gateway that may be running on it.
    func withStore<Result: Sendable>(_ body: (any EventStore) async throws -> Result) async throws -> Result {
        let path: String
        if let database {
            path = database
        } else if case .sqlite(let configured) = try loadConfiguration().store {
            path = configured
        } else {
            throw ValidationError("This command reads an SQLite store; give its path with --database.")
        }
        do {
            let store = try SQLiteEventStore.openReadOnly(path: path)
            let result = try await body(store)
            await store.close()
            return result
        } catch let error as StoreError {
            Console.error("\(error)\n")
            throw ExitCode(1)
        }
    }

    private func loadConfiguration() throws -> Configuration {
        do {
            return try file.load()
        } catch {
            Console.error("To look at a store without the configuration's secrets, name it: --database PATH\n")
            throw error
        }
    }
}
