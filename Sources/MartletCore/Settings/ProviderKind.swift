// SPDX-License-Identifier: Apache-2.0

/// One provider as the registry lists it: its name and how a source is made from its settings.
package struct ProviderKind: Sendable {
    /// As written in the configuration and in `/hooks/{provider}/…`.
    package var name: String
    /// Nil for a provider that only is asked (HyPe): its hook does not exist.
    package var makePush: (@Sendable (SourceID, SettingsReader) -> (any PushProvider)?)?
    /// Reads and checks the settings of a source that is only asked.
    package var checkSettings: (@Sendable (SourceID, SettingsReader) -> Void)?
    /// The rules by which the source's orders are watched; read after `makePush`, whose problems it does not repeat.
    ///
    /// Nil where the provider that `makePush` makes conforms to `WatchedProvider` itself, or where nothing is watched.
    package var makeWatched: (@Sendable (SourceID, SettingsReader) -> (any WatchedProvider)?)?

    package init(
        name: String,
        makePush: (@Sendable (SourceID, SettingsReader) -> (any PushProvider)?)? = nil,
        checkSettings: (@Sendable (SourceID, SettingsReader) -> Void)? = nil,
        makeWatched: (@Sendable (SourceID, SettingsReader) -> (any WatchedProvider)?)? = nil
    ) {
        self.name = name
        self.makePush = makePush
        self.checkSettings = checkSettings
        self.makeWatched = makeWatched
    }
}
