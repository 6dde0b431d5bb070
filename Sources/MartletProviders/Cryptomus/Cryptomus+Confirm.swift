// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Callbacks of large sums are kept like hints: acknowledged, and delivered once the information call says the same.
///
/// The digest over them is weak (providers.md section 4.5), and a test notification of the provider's carries a genuine
/// one. The answer's figures are delivered, not the callback's.
extension Cryptomus: HintedProvider {
    /// While an answer is awaited, only failures make the pauses grow: money waits.
    private static let confirming = PollSchedule(phases: [.init(every: .minutes(1), until: .days(7))])

    /// How often in a row the provider may not know what it is said to have sent.
    static let missesOfClaims = 3

    /// A proven callback, or one that has to be confirmed first.
    func judged(_ event: Event) -> Judgement {
        guard confirmation.concerns(event) else { return .accepted(event) }
        return .hint(Hint(source: source, objectID: Claim(event).text, receivedAt: event.receivedAt))
    }

    package func plan(hint: Hint, now: Timestamp) -> WatchPlan {
        let claim = Claim(text: hint.objectID)
        let kind = claim.flatMap { Kind(rawValue: $0.kind) }
        let obstacle =
            kind.map { cannotBeAsked($0) } ?? "what the callback said cannot be read; look for it at the provider"
        var details = JSONWriter(capacity: 256)
        details.beginObject()
        details.member("kind", claim?.kind)
        details.member("uuid", claim?.uuid)
        details.member("claim", hint.objectID)
        details.endObject()
        return WatchPlan(
            watch: Watch(
                source: source,
                subject: hint.objectID,
                details: details.bytes,
                state: obstacle == nil ? .open : .held,
                nextPollAt: obstacle == nil ? now : nil,
                deadline: Self.confirming.deadline(since: now),
                note: obstacle,
                createdAt: now
            )
        )
    }

    /// Compares the provider's answer with what a callback claimed; what differs is never delivered.
    func confirm(
        _ text: String,
        of wanted: Wanted,
        by answer: ProviderAnswer,
        _ watch: Watch,
        at now: Timestamp
    ) -> PollAnswer {
        var round = PollRound(watch, at: now, on: Self.confirming, through: gate)
        let isUnknown = answer.status == 404 || answer.status == 422
        if let problem = answer.problem, !isUnknown { return round.failed(problem, retryAfter: answer.retryAfter) }
        switch isUnknown ? .problem(.unsuccessful) : read(answer.body, for: wanted, receivedAt: now) {
        case .event(let event):
            guard let claim = Claim(text: text) else {
                return round.held(Self.note("cannot be compared with it"), outcome: "order_mismatch")
            }
            if let difference = claim.difference(from: Claim(event)) {
                return round.held(Self.note("says \(difference)"), outcome: "order_mismatch")
            }
            return round.learned(event, mark: event.dedupeKey, raw: answer.body, isOver: true)
        case .mismatch: return round.held(Self.note("is about another \(wanted.kind)"), outcome: "order_mismatch")
        case .problem(.unsuccessful):
            round.memory.misses += 1
            guard round.memory.misses >= Self.missesOfClaims else {
                return round.failed(.unsuccessful, outcome: "order_not_found")
            }
            round.memory.misses = 0
            return round.held(Self.note("knows nothing of it, as of a test notification"), outcome: "order_mismatch")
        case .problem(let problem): return round.failed(problem)
        }
    }

    private static func note(_ answer: String) -> String {
        "nothing was delivered: a callback had the right digest, but the provider's answer \(answer). "
            + "Ask the provider before you resume"
    }
}

/// What a callback says that the provider's answer must not contradict.
///
/// Written `payout:UUID:paid:final:207:USDT:-:TXID`. It is the subject of the watch that asks, so that each claim about
/// one payout is looked into by itself.
struct Claim: Equatable {
    var kind: String
    var uuid: String
    var status: String
    var finality: String
    var amount: String
    var currency: String
    var paid: String
    var txid: String

    init(_ event: Event) {
        kind = String(event.dedupeKey.prefix { $0 != ":" })
        uuid = (event.providerObjectID ?? "").lowercased()
        status = event.providerStatus ?? ""
        finality = event.finality == .final ? "final" : "open"
        amount = event.money.ordered?.amount.canonical ?? "-"
        currency = event.money.ordered?.currency ?? "-"
        // What the payer really sent; of a payout the amount says it.
        paid = event.object == .payout ? "-" : event.money.paid?.amount.canonical ?? "-"
        txid = event.txid ?? "-"
    }

    /// Nil for another form; a colon inside a value moves the parts, so that they match no answer.
    init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 7, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 8 else { return nil }
        (kind, uuid, status, finality) = (parts[0], parts[1], parts[2], parts[3])
        (amount, currency, paid, txid) = (parts[4], parts[5], parts[6], parts[7])
    }

    var text: String { [kind, uuid, status, finality, amount, currency, paid, txid].joined(separator: ":") }

    /// What the provider says otherwise, for a person; nil if nothing.
    ///
    /// What the information call leaves out contradicts nothing.
    func difference(from answer: Claim) -> String? {
        func differ(_ claimed: String, _ answered: String) -> Bool {
            claimed != answered && claimed != "-" && answered != "-"
        }
        if kind != answer.kind || uuid != answer.uuid { return "another number" }
        if status != answer.status { return "the status is \(answer.status), not \(status)" }
        if finality != answer.finality { return "it is \(answer.finality), not \(finality)" }
        if differ(amount, answer.amount) || differ(currency, answer.currency) {
            return "the amount is \(answer.amount) \(answer.currency), not \(amount) \(currency)"
        }
        if differ(paid, answer.paid) { return "\(answer.paid) was paid, not \(paid)" }
        if differ(txid, answer.txid) { return "another transaction" }
        return nil
    }
}
