// SPDX-License-Identifier: Apache-2.0
package import MartletAdmin
package import MartletCore
package import MartletEngine
package import MartletStore

/// The admin API sees the watcher through this narrow protocol only.
extension Watcher: WatchControl {
    package func registerWatch(
        _ registration: [UInt8],
        at source: SourceID,
        shops: Set<String>?
    ) async throws(StoreError) -> WatchRegistrationAnswer {
        do {
            return .stored(try await register(registration, at: source, shops: shops))
        } catch let error as StoreError {
            throw error
        } catch let error as RegistrationError {
            switch error {
            case .unknownSource(let known): return .unknownSource(among: known)
            case .refused(let refusal): return .refused(refusal.problems)
            case .otherShop(let shop): return .otherShop(shop)
            case .unknownShop: return .unknownShop
            }
        } catch {
            // Nothing else is thrown; a typed throw of two kinds is not to be had.
            throw StoreError.failed(code: 0, operation: "register watch", message: "\(error)")
        }
    }
}

extension Sweeper: SweepControl {}

/// Likewise the creation of orders.
extension Watcher: OrderControl {}
