// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Dispatch
import Glibc
import MartletConfig
import MartletCore
import MartletStore
import MartletStoreSQLite
import MartletWire

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the store to a new file, while the gateway runs or not.",
        discussion: """
            The copy holds every event that was acknowledged before the command began. It is verified and synced before it \
            gets its name; a file of that name is never replaced. It holds payments and secrets: mode 0600. \
            Restoring: docs/backup.md.
            """
    )

    @Argument(help: "The new file.") var target: String
    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("Copy this database file instead of the configuration's.", valueName: "file"))
    var store: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let path = try path()
        let shows = isatty(STDERR_FILENO) == 1 && !json
        let result: Result<SQLiteBackup.Report, StoreError> = await withCheckedContinuation { continuation in
            // Copying blocks its thread, which must not be one of Swift's few.
            DispatchQueue.global().async { [target] in
                // Callbacks come first where cores are scarce. Of this thread alone (nice(2)), which does all the work.
                _ = nice(10)
                var shown = -1
                let result = Result { () throws(StoreError) in
                    try SQLiteBackup.write(from: path, to: target) { done, total in
                        let percent = total == 0 ? 100 : done * 100 / total
                        guard shows, percent != shown else { return }
                        shown = percent
                        Console.error("\r\(percent) % copied")
                    }
                }
                if shown >= 0 { Console.error("\r\u{1B}[K") }
                continuation.resume(returning: result)
            }
        }
        switch result {
        case .success(let report): Console.output(json ? document(report) : text(report))
        case .failure(let error):
            Console.error(Table.printable("No backup was made. \(error)") + "\n")
            throw ExitCode(1)
        }
    }

    private func path() throws -> String {
        if let store { return store.hasPrefix("sqlite:") ? String(store.dropFirst(7)) : store }
        do {
            if case .sqlite(let path) = try file.load().store { return path }
        } catch {
            Console.error("To back up a store without the configuration's secrets, name it: --store FILE\n")
            throw error
        }
        throw ValidationError("This command copies an SQLite store; name its file with --store.")
    }

    private func text(_ report: SQLiteBackup.Report) -> String {
        var rows = [["file", target], ["bytes", String(report.bytes)], ["events", String(report.events)]]
        if let newest = report.newest {
            rows.append(["newest event", "\(newest.sequence)  \(newest.id)  \(newest.receivedAt.rfc3339)"])
        }
        rows.append(["to be delivered", String(report.pendingDeliveries)])
        rows.append(["integrity", "ok"])
        return rows.map { row in
            row[0] + String(repeating: " ", count: 17 - row[0].count) + Table.printable(row[1]) + "\n"
        }.joined()
    }

    private func document(_ report: SQLiteBackup.Report) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("file", target)
        json.member("bytes", integer: report.bytes)
        json.member("events", integer: Int64(report.events))
        json.name("newest")
        if let newest = report.newest {
            json.beginObject()
            json.member("sequence", integer: newest.sequence)
            json.member("id", newest.id.rawValue)
            json.member("receivedAt", newest.receivedAt.rfc3339)
            json.endObject()
        } else {
            json.null()
        }
        json.member("pendingDeliveries", integer: Int64(report.pendingDeliveries))
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
