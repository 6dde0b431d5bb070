// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Kinds of value that several sections share.
extension ConfigurationReader {
    /// An id: 1 to 64 lower-case letters, digits, hyphens and underscores, the first a letter or digit.
    ///
    /// Ids stand in URLs, file names and metric labels, where nothing else is safe everywhere.
    func identifier(_ name: String, of reader: SettingsReader) -> String? {
        guard let text = reader.requiredString(name) else { return nil }
        func isAlphanumeric(_ byte: UInt8) -> Bool { (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7A) }
        let bytes = Array(text.utf8)
        let isValid =
            bytes.count <= 64 && isAlphanumeric(bytes[0])
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
        guard isValid else {
            reader.fail(
                name,
                "must be 1 to 64 lower-case letters, digits, \"-\" and \"_\", and begin with a letter or digit"
            )
            return nil
        }
        return text
    }

    /// A list of shops, or `*` for all, which is the default.
    func shopSet(_ name: String, of reader: SettingsReader, among shops: [String]) -> Set<String> {
        guard let value = reader.value(name) else { return ["*"] }
        if value == .array([]) { reader.fail(name, "must name at least one shop, or \"*\" for all") }
        let names = texts(name, of: reader)
        for (path, shop) in names where shop != "*" && !shops.contains(shop) {
            report(path, unknownShop(shop, among: shops))
        }
        return Set(names.map(\.text))
    }

    /// The texts of a list, each with its own path.
    func texts(_ name: String, of reader: SettingsReader) -> [(path: String, text: String)] {
        reader.list(name).enumerated().compactMap { index, element in
            let path = "\(reader.path(of: name))[\(index)]"
            if case .string(let text) = element { return (path, text) }
            report(path, "must be text, not \(element.kind)")
            return nil
        }
    }

    func unknownShop(_ shop: String, among shops: [String]) -> String {
        "\"\(shop)\" is not one of the shops\(suggestion(for: shop, among: shops))"
    }

    /// `; did you mean "nordic"?` where one word is near, otherwise the words there are.
    func suggestion(for text: String, among words: [String]) -> String {
        guard let near = words.min(by: { $0.editDistance(to: text) < $1.editDistance(to: text) }) else { return "" }
        if near.editDistance(to: text) <= 3 { return "; did you mean \"\(near)\"?" }
        return "; there are \(words.map { "\"\($0)\"" }.joined(separator: ", "))"
    }

    /// Addresses and CIDR blocks.
    func networks(_ name: String, of reader: SettingsReader, default fallback: [AddressBlock]) -> [AddressBlock] {
        guard reader.value(name) != nil else { return fallback }
        return reader.list(name).enumerated().compactMap { index, element in
            let path = "\(reader.path(of: name))[\(index)]"
            guard case .string(let text) = element, let block = AddressBlock(text) else {
                report(path, "must be an address or a block such as \"10.0.0.0/8\" or \"fd00::/8\"")
                return nil
            }
            if block.prefix == 0 { warn(path, "covers every address there is; name the networks that are meant") }
            return block
        }
    }

    func duration(
        _ name: String,
        of reader: SettingsReader,
        default fallback: Duration,
        in range: ClosedRange<Duration>
    ) -> Duration {
        let duration = reader.duration(name, default: fallback)
        guard range.contains(duration) else {
            reader.fail(name, "must be from \(range.lowerBound.settingText) to \(range.upperBound.settingText)")
            return fallback
        }
        return duration
    }

    /// Pauses between attempts.
    func schedule(_ name: String, of reader: SettingsReader, default fallback: [Duration]) -> [Duration] {
        guard reader.value(name) != nil else { return fallback }
        let before = problems.all.count
        let elements = reader.list(name)
        guard problems.all.count == before else { return fallback }
        guard (1...50).contains(elements.count) else {
            reader.fail(name, "must have 1 to 50 pauses, such as [\"5s\", \"5m\", \"2h\"]")
            return fallback
        }
        return elements.enumerated().compactMap { index, element in
            let pause = element.string.flatMap { SettingsReader.duration(from: $0) }
            guard let pause, pause > .zero, pause <= .seconds(30 * 86_400) else {
                let rule = "must be a duration longer than 0 and at most \"30d\", such as \"5s\", \"5m\" or \"2h\""
                report("\(reader.path(of: name))[\(index)]", rule)
                return nil
            }
            return pause
        }
    }

    /// Refuses an option that the contract knows and this version does not; null counts as absent.
    func refuseUnavailable(_ name: String, of reader: SettingsReader, remedy: String) {
        guard reader.value(name) != nil else { return }
        reader.fail(name, "is not available in this version; \(remedy)")
    }

    /// A reader that sees one element of a list as a member, so that messages carry the element's own path.
    func element(_ index: Int, of name: String, in reader: SettingsReader) -> (reader: SettingsReader, name: String) {
        let elements = reader.list(name)
        let place = "\(name)[\(index)]"
        return (self.reader(JSONObject([(place, elements[index])]), at: reader.path), place)
    }
}

extension Duration {
    /// The duration in the configuration's own language and its largest whole unit, such as `90d`.
    var settingText: String {
        let milliseconds = wholeMilliseconds
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        for (suffix, size) in units where milliseconds != 0 && milliseconds % size == 0 {
            return "\"\(milliseconds / size)\(suffix)\""
        }
        return "\"\(milliseconds)ms\""
    }
}
