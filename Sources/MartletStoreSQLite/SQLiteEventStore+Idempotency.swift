// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func claim(
        _ request: IdempotentRequest,
        now: Timestamp
    ) async throws(StoreError) -> IdempotencyClaim {
        try await write("claim idempotency key") { [sealing] in
            try $0.claim(request, now: now, sealing.current)
        }
    }

    package func keep(_ answer: StoredAnswer, of request: IdempotentRequest) async throws(StoreError) {
        try await write("keep answer") { [sealing] in try $0.keep(answer, of: request, sealing.current) }
    }

    package func forget(_ request: IdempotentRequest) async throws(StoreError) {
        try await write("forget idempotency key") { try $0.forget(request) }
    }
}
