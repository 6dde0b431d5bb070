// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func claim(
        _ request: IdempotentRequest,
        now: Timestamp
    ) async throws(StoreError) -> IdempotencyClaim {
        try await write("claim idempotency key") { try $0.claim(request, now: now) }
    }

    package func keep(_ answer: StoredAnswer, of request: IdempotentRequest) async throws(StoreError) {
        try await write("keep answer") { try $0.keep(answer, of: request) }
    }

    package func forget(_ request: IdempotentRequest) async throws(StoreError) {
        try await write("forget idempotency key") { try $0.forget(request) }
    }
}
