// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import MartletWire

/// Makes random events and filters over so few values that conditions often hold.
struct FilterMaker {
    var random: SplitMix64

    private static let numbers = ["-1", "0", "0.5", "9", "10", "10.5", "100"]
    private static let texts = ["a", "b", "A", "", "10"]
    private static let moments: [Int64] = [0, 1, 1_795_288_260_123]
    private static let textMembers = [
        "detail", "provider_status", "txid", "money.paid.currency", "provider_refs.a", "shop",
    ]
    private static let numberMembers = ["money.paid.amount", "money.fee.amount", "money.converted.rate"]
    private static let momentMembers = ["occurred_at", "received_at"]
    private static let orders = ["equals", "greater", "greaterOrEqual", "less", "lessOrEqual"]

    // MARK: events

    mutating func event() -> Event {
        var event = sampleEvent(status: maybe(Self.texts), occurredAt: maybe(Self.moments).map(Timestamp.init))
        event.detail = maybe(Self.texts)
        event.txid = maybe(Self.texts)
        event.shop = pick(Self.texts)
        event.providerRefs = maybe(Self.texts).map { [ProviderRef("a", $0)] } ?? []
        event.money.paid = maybe(Self.numbers).flatMap { DecimalText($0) }.map { Amount($0, maybe(Self.texts)) }
        event.money.fee = maybe(Self.numbers).flatMap { DecimalText($0) }.map { Amount($0, nil) }
        if let amount = maybe(Self.numbers).flatMap({ DecimalText($0) }) {
            let rate = maybe(Self.numbers).flatMap { DecimalText($0) }
            event.money.converted = Money.Converted(amount: amount, currency: nil, rate: rate, fee: nil)
        }
        event.flags = EventFlag.allCases.filter { _ in Bool.random(using: &random) }
        return event
    }

    // MARK: filters, in their JSON form

    mutating func filter(depth: Int) -> JSONValue {
        switch depth == 0 ? 3 : Int.random(in: 0..<6, using: &random) {
        case 0: object([("all", list(depth: depth))])
        case 1: object([("any", list(depth: depth))])
        case 2: object([("not", filter(depth: depth - 1))])
        default: condition()
        }
    }

    private mutating func list(depth: Int) -> JSONValue {
        .array((0..<Int.random(in: 1...3, using: &random)).map { _ in filter(depth: depth - 1) })
    }

    private mutating func condition() -> JSONValue {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: condition(on: pick(Self.numberMembers), [pick(Self.orders)], among: Self.numbers)
        case 1: condition(on: pick(Self.numberMembers), ["greater", "lessOrEqual"], among: Self.numbers)
        case 2:
            condition(
                on: pick(Self.momentMembers),
                [pick(Self.orders)],
                among: Self.moments.map { Timestamp(milliseconds: $0).rfc3339 }
            )
        case 3: condition(on: pick(Self.textMembers), ["equals"], among: Self.texts)
        case 4:
            object([
                ("member", .string("flags")), ("contains", .string(pick(EventFlag.allCases).rawValue)),
            ])
        default:
            object([
                ("member", .string(pick(["detail", "money.paid", "occurred_at", "money.converted.rate"]))),
                ("exists", .bool(Bool.random(using: &random))),
            ])
        }
    }

    /// Now and then a list of values instead of the first word.
    private mutating func condition(on member: String, _ words: [String], among values: [String]) -> JSONValue {
        var members = [("member", JSONValue.string(member))]
        if Int.random(in: 0..<4, using: &random) == 0 {
            members.append(("in", .array([.string(pick(values)), .string(pick(values))])))
        } else {
            for word in words { members.append((word, .string(pick(values)))) }
        }
        return object(members)
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONValue { .object(JSONObject(members)) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    private mutating func maybe<Element>(_ elements: [Element]) -> Element? {
        Int.random(in: 0..<4, using: &random) == 0 ? nil : pick(elements)
    }
}

/// Evaluates a filter's JSON form on the JSON of a body, as plainly as its documentation describes it.
struct BodyReader {
    let data: JSONObject

    func holds(_ filter: JSONValue) -> Bool {
        guard case .object(let object) = filter else { return false }
        if case .array(let filters) = object["all"] { return filters.allSatisfy(holds) }
        if case .array(let filters) = object["any"] { return filters.contains(where: holds) }
        if let inner = object["not"] { return !holds(inner) }
        let value = value(at: object["member"]?.string ?? "")
        return object.members.dropFirst().allSatisfy { holds($0.name, $0.value, for: value) }
    }

    private func value(at path: String) -> JSONValue {
        var value = JSONValue.object(data)
        for name in path.split(separator: ".") { value = value.object?[String(name)] ?? .null }
        return value
    }

    private func holds(_ word: String, _ operand: JSONValue, for value: JSONValue) -> Bool {
        if word == "exists" { return (value != .null) == (operand == .bool(true)) }
        if case .array(let elements) = operand { return elements.contains { holds("equals", $0, for: value) } }
        if case .array(let elements) = value { return elements.contains(operand) }
        guard let left = value.string, let right = operand.string else { return false }
        switch word {
        case "equals": return left == right
        case "greater": return compare(left, right) > 0
        case "greaterOrEqual": return compare(left, right) >= 0
        case "less": return compare(left, right) < 0
        default: return compare(left, right) <= 0
        }
    }

    /// Moments are written with as many digits as each other, and so their text has their order.
    private func compare(_ left: String, _ right: String) -> Int {
        if left.hasSuffix("Z") { return left < right ? -1 : left > right ? 1 : 0 }
        let (left, right) = (Decimal(string: left) ?? .nan, Decimal(string: right) ?? .nan)
        return left < right ? -1 : left > right ? 1 : 0
    }
}
