// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The section `sources`.
extension ConfigurationReader {
    func readSources(shops: [String]) -> [SourceSettings] {
        var sources: [SourceSettings] = []
        let entries = objects("sources")
        if entries.isEmpty, problems.all.allSatisfy({ !$0.path.hasPrefix("$.sources") }) {
            warn("$.sources", "names no source, so every callback is answered with 404")
        }
        for (reader, object) in entries {
            let id = identifier("id", of: reader)
            let routing = readRouting(reader, shops: shops)
            guard let kind = readKind(reader) else { continue }
            // A bad id gives way to one that no source can have, so that the provider's own settings are read as well.
            let source = SourceID(provider: kind.name, id: id ?? "?")
            if id != nil, sources.contains(where: { $0.id == source }) {
                reader.fail("id", "\"\(source)\" is an earlier source; the ids of one provider are unique")
            }
            let push = kind.makePush?(source, reader)
            kind.checkSettings?(source, reader)
            let watched = kind.makeWatched?(source, reader) ?? push as? any WatchedProvider
            reader.finish()
            sources.append(
                SourceSettings(id: source, routing: routing, push: push, watched: watched, raw: object)
            )
        }
        return sources
    }

    private func readKind(_ reader: SettingsReader) -> ProviderKind? {
        guard let name = reader.requiredString("provider") else { return nil }
        if let kind = providers.first(where: { $0.name == name }) { return kind }
        let hint = suggestion(for: name, among: providers.map(\.name))
        reader.fail("provider", "\"\(name)\" is not a known provider\(hint)")
        return nil
    }

    private func readRouting(_ reader: SettingsReader, shops: [String]) -> ShopRouting {
        let fallback = readShop("shop", of: reader, among: shops)
        var rules: [ShopRouting.Rule] = []
        for rule in reader.nestedList("shopRules") {
            let prefix = rule.requiredString("orderPrefix")
            let shop = readShop("shop", of: rule, among: shops)
            rule.finish()
            guard let prefix else { continue }
            if let earlier = rules.first(where: { prefix.utf8.starts(with: $0.orderPrefix.utf8) }) {
                rule.warn(
                    "orderPrefix",
                    "is never reached, since the earlier rule for \"\(earlier.orderPrefix)\" matches the same orders"
                )
            }
            rules.append(ShopRouting.Rule(orderPrefix: prefix, shop: shop))
        }
        return ShopRouting(rules: rules, fallback: fallback)
    }

    private func readShop(_ name: String, of reader: SettingsReader, among shops: [String]) -> String {
        guard let shop = reader.requiredString(name) else { return "" }
        if !shops.contains(shop) { reader.fail(name, unknownShop(shop, among: shops)) }
        return shop
    }
}
