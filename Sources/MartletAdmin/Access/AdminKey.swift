// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A bearer key of the admin API (`admin.keys` of the configuration).
package struct AdminKey: Sendable, Equatable {
    package var name: String
    package var key: Secret
    package var role: AdminRole
    /// Shop ids, or `*` for all.
    package var shops: Set<String>

    package init(name: String, key: Secret, role: AdminRole, shops: Set<String> = ["*"]) {
        self.name = name
        self.key = key
        self.role = role
        self.shops = shops
    }
}

/// What a key may do; each role may also do what those before it may (contract.md section 6).
package enum AdminRole: String, Sendable, CaseIterable {
    case viewer
    case `operator`
    case admin

    package func includes(_ other: AdminRole) -> Bool { rank >= other.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
