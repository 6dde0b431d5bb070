// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension HMACSender {
    package static let kind = ProviderKind(
        name: "hmac",
        makePush: { source, settings in
            let problems = settings.problems.all.count
            let provider = HMACSender(source: source, reader: settings)
            return settings.hasErrors(since: problems) ? nil : provider
        }
    )

    private init?(source: SourceID, reader: SettingsReader) {
        let secrets = reader.keyMaterials("secrets")
        if secrets.isEmpty, reader.list("secrets").isEmpty {
            reader.fail("secrets", "must list one secret or more, such as [\"env:SENDER_SECRET\"]")
        }
        let header = Self.headerName("header", reader)
        if header == nil, !reader.has("header") {
            reader.fail("header", "is required; name the header that carries the signature, such as \"X-Signature\"")
        }
        let encoding = reader.choice("encoding", default: "hex", of: Encoding.allCases.map(\.rawValue))
        let prefix = reader.string("prefix") ?? ""
        _ = reader.choice("algorithm", default: "sha256", of: ["sha256"])
        let timestampHeader = Self.headerName("timestampHeader", reader)
        let signedText = reader.choice(
            "signedText",
            default: timestampHeader == nil ? "body" : "timestamp.body",
            of: ["body", "timestamp.body"]
        )
        if signedText == "timestamp.body", timestampHeader == nil {
            reader.fail("signedText", "holds the time, so timestampHeader must name the header that carries it")
        }
        if signedText == "body", timestampHeader != nil {
            reader.fail(
                "timestampHeader",
                "proves nothing while the time is not signed; let signedText be \"timestamp.body\""
            )
        }
        let tolerance = reader.duration("tolerance", default: .seconds(300))
        let mapping = EventMapping(reader)
        guard let header else { return nil }
        self.source = source
        settings = Settings(
            secrets: secrets,
            header: header,
            encoding: Encoding(rawValue: encoding) ?? .hex,
            prefix: prefix,
            timestampHeader: timestampHeader,
            tolerance: tolerance,
            mapping: mapping
        )
    }

    /// A token of RFC 9110 section 5.6.2; nil if absent or wrong.
    private static func headerName(_ name: String, _ reader: SettingsReader) -> String? {
        guard let text = reader.string(name) else { return nil }
        let isToken = text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
        }
        guard isToken, !text.isEmpty else {
            reader.fail(name, "must be the name of a header, such as \"X-Signature\"")
            return nil
        }
        return text
    }
}

extension Callback {
    /// A header that may stand there once at most; nil if it does not.
    func single(_ name: String) throws(Refusal) -> String? {
        let values = headers.all(name)
        guard values.count <= 1 else { throw Refusal(.duplicateField, "the header \(name) stands there twice") }
        return values.first
    }
}
