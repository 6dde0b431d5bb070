// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What the admin API asks about the sources that are configured.
package protocol SourceControl: Sendable {
    /// Every source, sorted by id.
    func sources() -> [SourceStanding]
}

/// One source as it is configured, and when it was last heard of.
package struct SourceStanding: Sendable, Equatable {
    package var id: SourceID
    /// Every shop that its events may belong to.
    package var shops: Set<String>
    /// Whether it has a hook.
    package var receives: Bool
    /// Whether its provider can be asked.
    package var isAsked: Bool
    /// What `martlet check` warns of.
    package var warnings: [String]
    /// When anything last came to its hook since this process started.
    package var lastCallback: Timestamp?

    package init(
        id: SourceID,
        shops: Set<String>,
        receives: Bool,
        isAsked: Bool,
        warnings: [String] = [],
        lastCallback: Timestamp? = nil
    ) {
        self.id = id
        self.shops = shops
        self.receives = receives
        self.isAsked = isAsked
        self.warnings = warnings
        self.lastCallback = lastCallback
    }
}
