// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletWire

/// Endpoints that the API makes, read by the rules of the file's.
extension Configuration {
    /// Reads one endpoint in the shape of the file's, with the secrets' values in place of references.
    ///
    /// `settings`: the object. `isStored`: it was in force before, so what has changed around it since, such as a shop that
    /// the file names no more, or a secret that has ended,
    /// is no error. `now`: the moment as of which ends of secrets are judged.
    /// - Returns: the endpoint, nil if there is any error, and all problems with their paths, such as `$.url`.
    package func readEndpoint(
        _ settings: JSONObject,
        isStored: Bool,
        now: Timestamp
    ) -> (endpoint: Endpoint?, problems: [SettingsProblem]) {
        let reader = ConfigurationReader(
            settings,
            folder: "",
            resolver: LiteralSecretResolver(),
            providers: [],
            now: now,
            acceptsEndedSecrets: isStored
        )
        var shops = shops
        if isStored, case .array(let names) = settings["shops"] { shops += names.compactMap(\.string) }
        let endpoint = reader.readEndpoint(reader.reader(settings, at: "$"), shops: shops, defaults: delivery)
        let problems = reader.problems.all.filter { $0.severity == .error || !Self.isAboutFiles($0) }
        return (problems.contains { $0.severity == .error } ? nil : endpoint, problems)
    }

    /// Where a secret stands is a question of the file.
    private static func isAboutFiles(_ problem: SettingsProblem) -> Bool {
        problem.message.hasPrefix("the secret stands in the file itself")
    }
}
