// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto
import MartletProviders
import MartletTesting
import MartletWire
import Testing

/// The example with each of its values replaced in turn: every mistake is found where it stands, and nothing falls.
struct WrongValueTests {
    private let folder: TemporaryFolder
    private let example: JSONValue
    private let environment: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(String(decoding: RSAPrivateKey.generatePEM().publicKey, as: UTF8.self), to: "spectrocoin.pem")
        let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("config.example.json"), encoding: .utf8)
        example = try JSONReader.read(Array(text.utf8))
        var environment: [String: String] = [:]
        for match in text.matches(of: #/"env:([A-Z_]+)"/#) {
            environment[String(match.1)] = WebhookSecret.generate()
        }
        environment["MARTLET_SECRETS_KEY"] = SecretsKey.generate()
        self.environment = environment
    }

    @Test(arguments: [
        JSONValue.null, .bool(true), .number("5"), .number("-1e9"), .string(""), .string("é x"), .array([]),
        .array([.number("5")]), .object(JSONObject()), .object(JSONObject([("x", .null)])),
    ])
    func aWrongValueIsFoundWhereItStands(wrong: JSONValue) throws {
        for place in places(in: example, at: "$") {
            let (configuration, problems) = load(example.replacing(place.steps[...], with: wrong))
            let errors = problems.filter { $0.severity == .error }
            #expect((configuration == nil) == !errors.isEmpty, "\(place.path)")
            for problem in problems {
                #expect(problem.path.hasPrefix("$"))
                for secret in environment.values { #expect(!problem.message.contains(secret)) }
            }
            // A value of another kind is always wrong, and its own place says so.
            let isOtherKind = wrong != .null && place.value != .null && wrong.kind != place.value.kind
            if isOtherKind { #expect(errors.contains { $0.path.hasPrefix(place.path) }, "\(place.path) = \(wrong)") }
        }
    }

    @Test func anUnknownKeyIsFoundInEveryObject() throws {
        for place in places(in: example, at: "$") + [Place(path: "$", steps: [], value: example)] {
            // Names of headers and variables and the sender's words are free.
            guard case .object(var object) = place.value,
                !["headers", "environment", "typeMap"].contains(where: place.path.hasSuffix)
            else { continue }
            object.members.append(JSONObject.Member(name: "surprise", value: .null))
            let problems = load(example.replacing(place.steps[...], with: .object(object))).problems
            #expect(problems.map(\.path) == ["\(place.path).surprise"])
            #expect(problems.allSatisfy { $0.message.hasPrefix("is not a known key") })
        }
    }

    private func load(_ value: JSONValue) -> ConfigurationText.LoadResult {
        var json = JSONWriter()
        value.write(to: &json)
        return ConfigurationLoader.load(
            bytes: json.bytes,
            folder: folder.path,
            providers: ProviderRegistry.kinds,
            environment: environment
        )
    }

    private struct Place {
        var path: String
        var steps: [Int]
        var value: JSONValue
    }

    private func places(in value: JSONValue, at path: String) -> [Place] {
        let children: [(String, JSONValue)] =
            switch value {
            case .array(let elements): elements.enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
            case .object(let object): object.members.map { ("\(path).\($0.name)", $0.value) }
            default: []
            }
        return children.enumerated().flatMap { index, child in
            [Place(path: child.0, steps: [index], value: child.1)]
                + places(in: child.1, at: child.0).map {
                    Place(path: $0.path, steps: [index] + $0.steps, value: $0.value)
                }
        }
    }
}

extension JSONValue {
    /// The same value with the one at the end of the steps (indices of members and elements) replaced.
    fileprivate func replacing(_ steps: ArraySlice<Int>, with other: JSONValue) -> JSONValue {
        guard let step = steps.first else { return other }
        switch self {
        case .array(var elements):
            elements[step] = elements[step].replacing(steps.dropFirst(), with: other)
            return .array(elements)
        case .object(var object):
            object.members[step].value = object.members[step].value.replacing(steps.dropFirst(), with: other)
            return .object(object)
        default: return self
        }
    }

    fileprivate func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.bool(flag)
        case .number(let text): json.raw(Array(text.utf8))
        case .string(let text): json.string(text)
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .object(let object):
            json.beginObject()
            for member in object.members {
                json.name(of: member.name)
                member.value.write(to: &json)
            }
            json.endObject()
        }
    }
}
