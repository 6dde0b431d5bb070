// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletGateway
import MartletStore
import Testing

@testable import MartletStoreSQLite

extension GatewayHarness {
    /// The store under the gateway.
    func sqlite() throws -> SQLiteEventStore { try #require(gateway.store as? SQLiteEventStore) }

    /// Runs SQL on the store's writer, past all that the store would say to it.
    func execute(_ sql: String) async throws {
        try await sqlite().write("test") { try $0.database.execute(sql: sql) }
    }
}
