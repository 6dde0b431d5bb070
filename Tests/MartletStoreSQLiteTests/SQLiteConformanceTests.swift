// SPDX-License-Identifier: Apache-2.0
import MartletStoreSQLite
import MartletTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct SQLiteConformanceTests {
    @Test(arguments: EventStoreConformance.cases)
    func conforms(_ testCase: EventStoreConformance.Case) async throws {
        try await TemporaryStore.with { temporary in
            let path = temporary.path
            try await testCase.run(
                EventStoreConformance.Harness { options in
                    try SQLiteEventStore(
                        path: path,
                        limits: options.limits,
                        maxWaitingWrites: options.maxWaitingWrites,
                        sealing: options.sealing
                    )
                }
            )
        }
    }
}
