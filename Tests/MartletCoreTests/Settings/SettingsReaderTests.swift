// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

private struct FakeResolver: SecretResolver {
    func resolve(_ reference: String) -> Result<Secret, SecretResolutionError> {
        if reference.hasPrefix("env:") || reference.hasPrefix("plain:") {
            return .success(Secret(text: "key material"))
        }
        return .failure(SecretResolutionError("must begin with \"env:\", \"file:\" or \"plain:\""))
    }
}

@Suite struct SettingsReaderTests {
    private let problems = SettingsProblems()

    private func reader(_ members: [(String, JSONValue)]) -> SettingsReader {
        SettingsReader(JSONObject(members), path: "$.sources[1]", resolver: FakeResolver(), problems: problems)
    }

    private var texts: [String] { problems.all.map(\.description) }

    @Test func readsWhatIsThereAndFallsBackOtherwise() {
        let reader = reader([
            ("text", .string("a")), ("flag", .bool(true)), ("count", .number("5")), ("share", .number("0.5")),
            ("pause", .string("5m")), ("word", .string("v1")), ("names", .array([.string("x"), .string("y")])),
            ("nothing", .null), ("key", .string("env:KEY")), ("keys", .array([.string("env:A"), .string("env:B")])),
            ("inner", .object(JSONObject([("a", .bool(false))]))), ("inners", .array([.object(JSONObject())])),
        ])
        #expect(reader.string("text") == "a" && reader.string("absent") == nil && reader.string("nothing") == nil)
        #expect(reader.requiredString("text") == "a")
        #expect(reader.bool("flag", default: false) && reader.bool("absent", default: true))
        #expect(
            reader.integer("count", default: 1, in: 0...9) == 5 && reader.integer("absent", default: 7, in: 0...1) == 7
        )
        #expect(
            reader.number("share", default: 0, in: 0...1) == 0.5 && reader.number("absent", default: 2, in: 0...1) == 2
        )
        #expect(reader.duration("pause", default: .zero) == .seconds(300))
        #expect(reader.duration("absent", default: .seconds(1)) == .seconds(1))
        #expect(reader.choice("word", default: "v1a", of: ["v1", "v1a"]) == "v1")
        #expect(reader.choice("absent", default: "v1a", of: ["v1", "v1a"]) == "v1a")
        #expect(
            reader.strings("names", default: []) == ["x", "y"] && reader.strings("absent", default: ["z"]) == ["z"]
        )
        #expect(reader.secret("key") == Secret(text: "key material") && reader.secret("absent") == nil)
        #expect(reader.secrets("keys").count == 2 && reader.secrets("absent").isEmpty)
        #expect(reader.nested("inner")?.path == "$.sources[1].inner" && reader.nested("absent") == nil)
        #expect(reader.nestedList("inners").map(\.path) == ["$.sources[1].inners[0]"])
        #expect(reader.has("nothing") && !reader.has("absent"))
        reader.finish()
        #expect(texts == [])
    }

    @Test func namesWhatHasTheWrongKind() {
        let reader = reader([
            ("text", .number("1")), ("flag", .string("true")), ("count", .string("5")), ("pause", .number("5")),
            ("list", .object(JSONObject())), ("names", .array([.string("x"), .bool(true)])), ("inner", .array([])),
            ("inners", .array([.null])), ("required", .null), ("empty", .string("")), ("needed", .bool(false)),
        ])
        _ = reader.string("text")
        _ = reader.bool("flag", default: false)
        _ = reader.integer("count", default: 1, in: 1...65_535)
        _ = reader.duration("pause", default: .zero)
        _ = reader.list("list")
        #expect(reader.strings("names", default: []) == ["x"])
        _ = reader.nested("inner")
        #expect(reader.nestedList("inners").isEmpty)
        _ = reader.requiredString("required")
        _ = reader.requiredString("empty")
        _ = reader.requiredString("needed")
        #expect(
            texts == [
                "error: $.sources[1].text: must be text, not a number",
                "error: $.sources[1].flag: must be true or false, not text",
                "error: $.sources[1].count: must be a whole number from 1 to 65535",
                "error: $.sources[1].pause: must be a duration such as \"500ms\", \"15s\", \"5m\", \"2h\" or \"30d\"",
                "error: $.sources[1].list: must be a list, not an object",
                "error: $.sources[1].names[1]: must be text, not true or false",
                "error: $.sources[1].inner: must be an object, not a list",
                "error: $.sources[1].inners[0]: must be an object, not null",
                "error: $.sources[1].required: is required; give it as text",
                "error: $.sources[1].empty: is required; give it as text",
                "error: $.sources[1].needed: must be text, not true or false",
            ]
        )
    }

    @Test(arguments: ["0", "10", "-1", "5.0", "5e0", "1e99", "99999999999999999999"])
    func refusesOtherWholeNumbers(text: String) {
        #expect(reader([("n", .number(text))]).integer("n", default: 3, in: 1...9) == 3)
        #expect(texts == ["error: $.sources[1].n: must be a whole number from 1 to 9"])
    }

    @Test func refusesNumbersAndWordsOutsideTheirSets() {
        let reader = reader([("n", .number("1.5")), ("w", .string("v2"))])
        #expect(reader.number("n", default: 0.2, in: 0...1) == 0.2)
        #expect(reader.choice("w", default: "v1", of: ["v1", "v1a"]) == "v1")
        #expect(
            texts == [
                "error: $.sources[1].n: must be a number from 0.0 to 1.0",
                "error: $.sources[1].w: must be one of \"v1\", \"v1a\"",
            ]
        )
    }

    @Test func reportsSecretsWithoutTheirValues() {
        let reader = reader([
            ("a", .string("plain:hunter2")), ("b", .string("hunter2")), ("c", .number("1")),
            ("d", .array([.string("env:X"), .string("hunter2"), .null])),
        ])
        #expect(reader.secret("a") != nil && reader.secret("b") == nil && reader.secret("c") == nil)
        #expect(reader.secrets("d").count == 1)
        let reference = "must be a secret's reference: \"env:NAME\", \"file:PATH\" or \"plain:VALUE\""
        #expect(
            texts == [
                "warning: $.sources[1].a: the secret stands in the file itself; prefer \"env:NAME\" or \"file:PATH\"",
                "error: $.sources[1].b: must begin with \"env:\", \"file:\" or \"plain:\"",
                "error: $.sources[1].c: \(reference)",
                "error: $.sources[1].d[1]: must begin with \"env:\", \"file:\" or \"plain:\"",
                "error: $.sources[1].d[2]: \(reference)",
            ]
        )
        #expect(!texts.joined().contains("hunter2"))
        #expect(problems.hasErrors)
    }

    @Test func suggestsTheKeyThatWasMeant() {
        let reader = reader([
            ("ipnsecret", .null), ("paymentKeyy", .null), ("completelyDifferentKey", .null), ("ipnSecret", .null),
        ])
        _ = reader.value("ipnSecret")
        _ = reader.value("paymentKey")
        reader.finish()
        #expect(
            texts == [
                "error: $.sources[1].ipnsecret: is not a known key; did you mean \"ipnSecret\"?",
                "error: $.sources[1].paymentKeyy: is not a known key; did you mean \"paymentKey\"?",
                "error: $.sources[1].completelyDifferentKey: is not a known key; known keys: ipnSecret, paymentKey",
            ]
        )
    }

    @Test func warningsAreNoErrors() {
        let reader = reader([])
        reader.warn("a", "doubtful")
        #expect(!problems.hasErrors)
        reader.fail("", "wrong")
        #expect(texts == ["warning: $.sources[1].a: doubtful", "error: $.sources[1]: wrong"])
    }

    @Test(
        arguments: [
            ("500ms", 500), ("0ms", 0), ("15s", 15_000), ("5m", 300_000), ("2h", 7_200_000), ("30d", 2_592_000_000),
            ("007s", 7000), ("115740d", 9_999_936_000_000),
        ] as [(String, Int64)]
    )
    func readsDurations(text: String, milliseconds: Int64) {
        #expect(SettingsReader.duration(from: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "s", "ms", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5h", "5S", "5sec", "5w", "1h30m", "５s", "0x5s",
        "99999999999999999999d", "9223372036854775807d", "9223372036854775807ms", "10000000001s", "115741d",
    ])
    func refusesOtherDurations(text: String) {
        #expect(SettingsReader.duration(from: text) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("URL", "url", 0), ("ab", "ba", 2),
    ])
    func measuresEditDistance(left: String, right: String, distance: Int) {
        #expect(left.editDistance(to: right) == distance)
    }
}
