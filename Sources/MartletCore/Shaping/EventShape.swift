// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Another body for a subscriber than the whole event (docs/filters-and-shapes.md).
///
/// The same event and shape always make the same bytes. Nothing is computed, so that no shape can fail or take long.
package struct EventShape: Sendable, Equatable {
    /// The members of the body, in this order.
    package var fields: [Field]

    package init(fields: [Field]) { self.fields = fields }

    /// One member of the body.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var content: Content

        package init(_ name: String, _ content: Content) {
            self.name = name
            self.content = content
        }
    }

    /// Where the value of a member comes from.
    package indirect enum Content: Sendable, Equatable {
        /// The event's own value as the envelope writes it; `null` where the event lacks it.
        case pick(EventMember)
        case constant(Constant)
        case object([Field])
    }

    /// A value that is the same for every event.
    package enum Constant: Sendable, Equatable {
        case null
        case bool(Bool)
        /// A JSON number, written with these digits.
        case number(String)
        case text(String)
    }

    /// The body for one event: one JSON object.
    package func render(_ event: Event) -> [UInt8] {
        var json = JSONWriter()
        Self.write(fields, of: event, to: &json)
        return json.bytes
    }

    private static func write(_ fields: [Field], of event: Event, to json: inout JSONWriter) {
        json.beginObject()
        for field in fields {
            json.name(of: field.name)
            switch field.content {
            case .pick(let member): member.read(event).write(to: &json)
            case .constant(let constant): constant.write(to: &json)
            case .object(let fields): write(fields, of: event, to: &json)
            }
        }
        json.endObject()
    }
}

extension EventShape.Constant {
    fileprivate func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.bool(flag)
        case .number(let digits): json.raw(Array(digits.utf8))
        case .text(let text): json.string(text)
        }
    }
}
