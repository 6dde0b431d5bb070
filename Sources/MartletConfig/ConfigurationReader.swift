// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Goes through one configuration object section by section; each section has a file of its own.
///
/// Every section is read to its end with defaults in place of what is wrong, so that all problems come out together.
final class ConfigurationReader {
    let problems = SettingsProblems()
    /// Whether secrets that have all ended are no error.
    let acceptsEndedSecrets: Bool
    let object: JSONObject
    let folder: String
    let resolver: any SecretResolver
    let providers: [ProviderKind]
    /// The moment as of which ends of secrets are judged.
    let now: Timestamp
    private let root: SettingsReader

    init(
        _ object: JSONObject,
        folder: String,
        resolver: any SecretResolver,
        providers: [ProviderKind],
        now: Timestamp,
        acceptsEndedSecrets: Bool = false
    ) {
        self.acceptsEndedSecrets = acceptsEndedSecrets
        self.object = object
        self.folder = folder
        self.resolver = resolver
        self.providers = providers
        self.now = now
        root = SettingsReader(object, path: "$", resolver: resolver, problems: problems)
    }

    func read() -> Configuration {
        let shops = readShops()
        let ingest = readIngest(section("ingest"))
        let admin = readAdmin(section("admin"), shops: shops)
        let store = readStore()
        let sources = readSources(shops: shops)
        let delivery = readDelivery(section("delivery"))
        let endpoints = readEndpoints(shops: shops, defaults: delivery)
        let retention = readRetention(section("retention"))
        let secretBox = readSecretsKeys(root, sources: sources)
        root.finish()
        let configuration = Configuration(
            ingest: ingest,
            admin: admin,
            store: store,
            shops: shops,
            sources: sources,
            endpoints: endpoints,
            delivery: delivery,
            retention: retention,
            secretBox: secretBox
        )
        checkListeners(configuration)
        checkRetention(configuration)
        if let files = resolver as? FileSecretResolver { checkExposedFiles(in: .object(object), at: "$", files) }
        return configuration
    }

    /// A reader of a top-level object; of an empty one if it is absent or something else.
    private func section(_ name: String) -> SettingsReader {
        root.nested(name) ?? reader(JSONObject(), at: "$.\(name)")
    }

    func reader(_ object: JSONObject, at path: String) -> SettingsReader {
        SettingsReader(object, path: path, resolver: resolver, problems: problems)
    }

    /// Readers of the objects of a top-level list, with each object itself.
    func objects(_ name: String) -> [(reader: SettingsReader, object: JSONObject)] {
        root.list(name).enumerated().compactMap { index, element in
            let path = "$.\(name)[\(index)]"
            if case .object(let object) = element { return (reader(object, at: path), object) }
            report(path, "must be an object, not \(element.kind)")
            return nil
        }
    }

    func report(_ path: String, _ message: String) { problems.report(SettingsProblem(path: path, message)) }

    func warn(_ path: String, _ message: String) { problems.report(SettingsProblem(.warning, path: path, message)) }

    // MARK: store and shops

    private func readStore() -> Configuration.Store {
        let fallback = "data/martlet.db"
        let text = root.string("store") ?? "sqlite:\(fallback)"
        if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
            report("$.store", "PostgreSQL is not available in this version yet; use \"sqlite:PATH\"")
        } else if let path = text.removingPrefix("sqlite:"), !path.isEmpty, path != ":memory:", !path.hasSuffix("/") {
            return .sqlite(path: FileAccess.resolve(path, against: folder))
        } else {
            // The text is not repeated: it may be a connection URL with a password.
            report("$.store", "must be \"sqlite:PATH\" with the path of a file, such as \"sqlite:\(fallback)\"")
        }
        return .sqlite(path: FileAccess.resolve(fallback, against: folder))
    }

    private func readShops() -> [String] {
        var shops: [String] = []
        for (reader, _) in objects("shops") {
            if let id = identifier("id", of: reader) {
                if shops.contains(id) { reader.fail("id", "\"\(id)\" is the id of an earlier shop; ids are unique") }
                shops.append(id)
            }
            reader.finish()
        }
        if shops.isEmpty, !problems.all.contains(where: { $0.path.hasPrefix("$.shops") }) {
            report("$.shops", "must name at least one shop, such as [{ \"id\": \"main\" }]")
        }
        return shops
    }

    // MARK: secrets in files

    private func checkExposedFiles(in value: JSONValue, at path: String, _ files: FileSecretResolver) {
        switch value {
        case .string(let text):
            if let exposure = files.exposure(of: text) { warn(path, exposure) }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                checkExposedFiles(in: element, at: "\(path)[\(index)]", files)
            }
        case .object(let object):
            for member in object.members {
                checkExposedFiles(in: member.value, at: "\(path).\(member.name)", files)
            }
        default: break
        }
    }
}
