// SPDX-License-Identifier: Apache-2.0

/// One provider as the registry lists it: its name and how a source is made from its settings.
package struct ProviderKind: Sendable {
    /// As written in the configuration and in `/hooks/{provider}/…`.
    package var name: String
    /// Nil for a provider that only is asked (HyPe): its hook does not exist.
    package var makePush: (@Sendable (SourceID, SettingsReader) -> (any PushProvider)?)?
    /// Reads and checks the settings of a source that is only asked.
    package var checkSettings: (@Sendable (SourceID, SettingsReader) -> Void)?

    package init(
        name: String,
        makePush: (@Sendable (SourceID, SettingsReader) -> (any PushProvider)?)? = nil,
        checkSettings: (@Sendable (SourceID, SettingsReader) -> Void)? = nil
    ) {
        self.name = name
        self.makePush = makePush
        self.checkSettings = checkSettings
    }
}
