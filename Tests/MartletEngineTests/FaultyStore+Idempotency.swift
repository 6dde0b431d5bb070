// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension FaultyStore {
    func claim(_ request: IdempotentRequest, now: Timestamp) async throws(StoreError) -> IdempotencyClaim {
        try await base.claim(request, now: now)
    }

    func keep(_ answer: StoredAnswer, of request: IdempotentRequest) async throws(StoreError) {
        try await base.keep(answer, of: request)
    }

    func forget(_ request: IdempotentRequest) async throws(StoreError) { try await base.forget(request) }
}
