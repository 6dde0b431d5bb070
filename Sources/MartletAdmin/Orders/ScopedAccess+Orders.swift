// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Orders of the caller's shops.
extension ScopedAccess {
    func createOrder(_ request: [UInt8], at source: SourceID) async -> OrderCreation {
        guard knows(source) else { return .unknownSource(among: []) }
        return await orders.createOrder(request, at: source, shops: shops)
    }
}
