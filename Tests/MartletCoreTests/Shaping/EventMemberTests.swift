// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

/// The table of members against the body that subscribers get, so that neither can change without the other.
@Suite struct EventMemberTests {
    private static func envelope(_ event: Event) throws -> JSONObject {
        try #require(try JSONReader.read(EventEnvelope.render(event)).object)
    }

    /// Every path in `data` with its value, objects included, and the envelope's own `timestamp`.
    private static func values(of event: Event) throws -> [(path: String, value: JSONValue)] {
        let envelope = try envelope(event)
        let data = try #require(envelope["data"]?.object)
        return [("timestamp", try #require(envelope["timestamp"]))] + values(in: data, under: "")
    }

    private static func values(in object: JSONObject, under prefix: String) -> [(path: String, value: JSONValue)] {
        object.members.flatMap { member in
            let path = prefix + member.name
            let inside = member.value.object.map { values(in: $0, under: "\(path).") } ?? []
            return [(path: path, value: member.value)] + inside
        }
    }

    private static func picked(_ member: EventMember, from event: Event) throws -> JSONValue? {
        let shape = EventShape(fields: [EventShape.Field("x", .pick(member))])
        return try JSONReader.read(shape.render(event)).object?["x"]
    }

    @Test func everyMemberOfTheBodyIsInTheTableWithItsValue() throws {
        let event = try fullEvent()
        for (path, value) in try Self.values(of: event) {
            let member = try #require(EventMember.named(path), "\(path)")
            #expect(try Self.picked(member, from: event) == value, "\(path)")
            switch value {
            case .object: #expect(member.kind == .object, "\(path)")
            case .array: #expect(member.kind == .list, "\(path)")
            default: #expect([.text, .number, .moment].contains(member.kind), "\(path)")
            }
        }
    }

    @Test func everyMemberOfTheTableIsInTheBodyOnce() throws {
        let paths = try Self.values(of: fullEvent()).map(\.path).filter { !$0.hasPrefix("provider_refs.") }
        #expect(EventMember.table.map(\.path) == paths)
    }

    @Test func theTableSaysWhatMayBeMissing() throws {
        let event = sampleEvent(status: nil)
        let values = Dictionary(uniqueKeysWithValues: try Self.values(of: event))
        for member in EventMember.table {
            #expect((member.read(event) == .absent) == member.mayBeMissing, "\(member.path)")
            #expect((values[member.path] ?? .null == .null) == member.mayBeMissing, "\(member.path)")
            #expect(try Self.picked(member, from: event) == values[member.path] ?? .null, "\(member.path)")
        }
    }

    /// Each member compared with what the body says, and with something else.
    @Test func comparesWithWhatTheBodySays() throws {
        let event = try fullEvent()
        for (path, value) in try Self.values(of: event) {
            let member = try #require(EventMember.named(path))
            switch value {
            case .string(let text):
                let other = member.kind == .number ? "5" : member.kind == .moment ? "1999-01-01T00:00:00Z" : "other"
                #expect(Self.matches(event, path, "equals", .string(text)) == true, "\(path)")
                #expect(Self.matches(event, path, "in", .array([.string(text)])) == true, "\(path)")
                if member.words == nil {
                    #expect(Self.matches(event, path, "equals", .string(other)) == false, "\(path)")
                }
            case .array(let elements):
                for element in elements { #expect(Self.matches(event, path, "contains", element) == true, "\(path)") }
            default: break
            }
            if member.mayBeMissing {
                #expect(Self.matches(event, path, "exists", .bool(true)) == true, "\(path)")
                #expect(Self.matches(sampleEvent(status: nil), path, "exists", .bool(true)) == false, "\(path)")
            }
        }
    }

    private static func matches(_ event: Event, _ path: String, _ word: String, _ operand: JSONValue) -> Bool? {
        let json = JSONValue.object(JSONObject([("member", .string(path)), (word, operand)]))
        return EventFilter.read(json, at: "$", into: SettingsProblems())?.matches(event)
    }

    @Test func aNumberOfTheProviderMayHaveAnyName() throws {
        let event = try fullEvent()
        let member = try #require(EventMember.named("provider_refs.api.id"))
        #expect(member.read(event) == .text("2"))
        #expect(try #require(EventMember.named("provider_refs.userId")).read(event) == .absent)
        #expect(EventMember.named("provider_refs.") == nil)
    }
}
