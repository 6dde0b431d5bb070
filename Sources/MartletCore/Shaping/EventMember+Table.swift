// SPDX-License-Identifier: Apache-2.0

/// Every member of an event (providers.md section 2), in the order of the envelope.
extension EventMember {
    package static let table: [EventMember] = about + money + chain + proof

    private static let about: [EventMember] = [
        EventMember("timestamp", .moment) { .moment($0.occurredAt ?? $0.receivedAt) },
        EventMember("event_id", .text) { .text($0.id.rawValue) },
        EventMember("type", .text, words: types) { .text($0.type.rawValue) },
        EventMember("detail", .text, mayBeMissing: true) { .text(orAbsent: $0.detail) },
        EventMember("provider", .text) { .text($0.source.provider) },
        EventMember("source", .text) { .text($0.source.id) },
        EventMember("shop", .text) { .text($0.shop) },
        EventMember("object", .text, words: closed(ObjectKind.allCases.map(\.rawValue))) { .text($0.object.rawValue) },
        EventMember("direction", .text, words: closed(ObjectKind.allCases.map(\.direction))) {
            .text($0.object.direction)
        },
        EventMember("finality", .text, words: closed(Finality.allCases.map(\.rawValue))) {
            .text($0.finality.rawValue)
        },
        EventMember("provider_status", .text, mayBeMissing: true) { .text(orAbsent: $0.providerStatus) },
        EventMember("merchant_order_id", .text, mayBeMissing: true) { .text(orAbsent: $0.merchantOrderID) },
        EventMember("provider_object_id", .text, mayBeMissing: true) { .text(orAbsent: $0.providerObjectID) },
        EventMember("provider_refs", .object) { .refs($0.providerRefs) },
    ]

    private static let money: [EventMember] =
        [EventMember("money", .object) { .money($0.money) }]
        + amount("ordered") { $0.ordered } + amount("due") { $0.due } + amount("paid") { $0.paid }
        + amount("settled") { $0.settled } + amount("fee") { $0.fee } + converted

    private static let converted: [EventMember] = [
        EventMember("money.converted", .object, mayBeMissing: true) { event in
            event.money.converted.map(EventValue.converted) ?? .absent
        },
        EventMember("money.converted.amount", .number, mayBeMissing: true) {
            .number(orAbsent: $0.money.converted?.amount)
        },
        EventMember("money.converted.currency", .text, mayBeMissing: true) {
            .text(orAbsent: $0.money.converted?.currency)
        },
        EventMember("money.converted.rate", .number, mayBeMissing: true) {
            .number(orAbsent: $0.money.converted?.rate)
        },
        EventMember("money.converted.fee", .number, mayBeMissing: true) { .number(orAbsent: $0.money.converted?.fee) },
    ]

    private static let chain: [EventMember] = [
        EventMember("network", .text, mayBeMissing: true) { .text(orAbsent: $0.network) },
        EventMember("txid", .text, mayBeMissing: true) { .text(orAbsent: $0.txid) },
        EventMember("address_from", .text, mayBeMissing: true) { .text(orAbsent: $0.addressFrom) },
        EventMember("address_to", .text, mayBeMissing: true) { .text(orAbsent: $0.addressTo) },
        EventMember("failure_reason", .text, mayBeMissing: true) { .text(orAbsent: $0.failureReason) },
    ]

    private static let proof: [EventMember] = [
        EventMember("occurred_at", .moment, mayBeMissing: true) { .moment(orAbsent: $0.occurredAt) },
        EventMember("received_at", .moment) { .moment($0.receivedAt) },
        EventMember("verification", .object) { .verification($0.verification) },
        EventMember("verification.method", .text) { .text($0.verification.method) },
        EventMember("verification.uncovered_fields", .list) { .list($0.verification.uncoveredFields) },
        EventMember("dedupe_key", .text) { .text($0.dedupeKey) },
        EventMember("flags", .list, words: closed(EventFlag.allCases.map(\.rawValue))) {
            .list($0.flags.map(\.rawValue))
        },
    ]

    private static func amount(
        _ name: String,
        _ figure: @escaping @Sendable (Money) -> Amount?
    ) -> [EventMember] {
        [
            EventMember("money.\(name)", .object, mayBeMissing: true) { .amount(orAbsent: figure($0.money)) },
            EventMember("money.\(name).amount", .number, mayBeMissing: true) {
                .number(orAbsent: figure($0.money)?.amount)
            },
            EventMember("money.\(name).currency", .text, mayBeMissing: true) {
                .text(orAbsent: figure($0.money)?.currency)
            },
        ]
    }

    /// Not closed: a later version may know more types than this one.
    private static let types = Words(all: (EventType.all + EventType.operational).map(\.rawValue), isClosed: false)

    private static func closed(_ words: [String]) -> Words { Words(all: words, isClosed: true) }
}
