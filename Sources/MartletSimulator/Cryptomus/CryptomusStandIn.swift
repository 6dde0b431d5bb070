// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletNet
import MartletProviders
import MartletWire
import Synchronization

/// Cryptomus's information interface and webhooks (providers.md section 4).
package final class CryptomusStandIn: ProviderStandIn {
    /// The account whose calls are let in; the keys also sign the webhooks.
    package struct Account: Sendable {
        package var merchant: String
        package var paymentKey: Secret?
        package var payoutKey: Secret?

        package init(merchant: String, paymentKey: Secret?, payoutKey: Secret?) {
            self.merchant = merchant
            self.paymentKey = paymentKey
            self.payoutKey = payoutKey
        }
    }

    private struct State {
        var orders: [String: CryptomusOrder] = [:]
        /// In the order of their making.
        var uuids: [String] = []
    }

    /// Rows on one page of a list.
    static let pageSize = 15
    /// How often a webhook is sent again on request (providers.md section 4.6).
    static let resendLimit = 10

    private let state = Mutex(State())
    private let seed: UInt64
    private let paid: Double
    private let hooks: String?
    private let account: Account

    /// Nothing has been ordered yet.
    ///
    /// Every fourth order is a payout, or all or none where there is only one key. `paid`: share that is paid.
    package init(seed: UInt64, paid: Double = 0.85, hooks: String?, account: Account) {
        self.seed = seed
        self.paid = paid
        self.hooks = hooks
        self.account = account
    }

    package func makeOrder(at now: Timestamp) -> SimulatedOrder {
        state.withLock { state in
            let number = state.uuids.count + 1
            var numbers = SeededNumbers(seed: seed, order: number)
            let canChoose = account.paymentKey != nil && account.payoutKey != nil
            let isPayout = canChoose ? number % 4 == 0 : account.payoutKey != nil
            let kind = isPayout ? CryptomusOrder.Kind.payout : .payment
            let uuid = numbers.uuid()
            let order = CryptomusOrder(
                kind: kind,
                uuid: uuid,
                orderID: "SIM-\(numbers.digits(8))-\(number)",
                amount: "\(10 + number).50000000",
                txid: numbers.digits(64),
                callbackURL: hooks,
                createdAt: now,
                walk: CryptomusOrder.walk(kind, paid: paid, using: &numbers)
            )
            state.orders[uuid] = order
            state.uuids.append(uuid)
            let members = [("kind", kind.rawValue), ("uuid", uuid), ("orderId", order.orderID)]
            return SimulatedOrder(
                id: uuid,
                merchantOrderID: order.orderID,
                registration: JSONObject(members.map { ($0.0, .string($0.1)) })
            )
        }
    }

    package func advance(_ order: String, at now: Timestamp) -> OrderChange? {
        state.withLock { state in
            guard var moving = state.orders[order], moving.told < moving.walk.count else { return nil }
            moving.told += 1
            state.orders[order] = moving
            return OrderChange(
                status: moving.status,
                isLast: moving.isFinal,
                amounts: [("amount", moving.amount)],
                notification: moving.webhook(key: key(of: moving.kind))
            )
        }
    }

    private func key(of kind: CryptomusOrder.Kind) -> Secret? {
        kind == .payout ? account.payoutKey : account.paymentKey
    }

    static func sign(_ body: [UInt8], key: Secret) -> String {
        String(decoding: CryptomusSignature.digest(of: body, key: key), as: UTF8.self)
    }

    // MARK: the interface

    package func answer(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer {
        let parts = request.path.split(separator: "/").map { String($0) }
        guard parts.count == 3, parts[0] == "v1" || parts[0] == "v2",
            let kind = CryptomusOrder.Kind(rawValue: parts[1]),
            ["info", "list", "resend"].contains(parts[2]), kind == .payment || parts[2] != "resend"
        else { return Self.failure(404, "there are /v1/payment/info, list and resend, /v1/payout/info and list") }
        guard request.method == "POST" else { return Self.failure(405, "use POST") }
        guard let key = key(of: kind), request.headers[first: "merchant"] == account.merchant,
            request.headers[first: "sign"] == Self.sign(request.body, key: key)
        else { return Self.failure(401, "merchant or sign is wrong; sign is made with the \(kind.rawValue) API key") }
        guard let members = CallMembers(bodyOf: request) else { return Self.failure(422, "the body is not JSON") }
        return switch parts[2] {
        case "info": information(kind, members)
        case "list": list(kind, members, cursor: CallMembers(queryOf: request)["cursor"])
        default: resend(members)
        }
    }

    /// Of two numbers the merchant's wins (providers.md section 4.7).
    private func find(_ kind: CryptomusOrder.Kind, _ members: CallMembers) -> CryptomusOrder? {
        state.withLock { state in
            if let orderID = members["order_id"] {
                return state.orders.values.first { $0.kind == kind && $0.orderID == orderID }
            }
            guard let order = members["uuid"].flatMap({ state.orders[$0.lowercased()] }), order.kind == kind else {
                return nil
            }
            return order
        }
    }

    private func information(_ kind: CryptomusOrder.Kind, _ members: CallMembers) -> StandInAnswer {
        guard let order = find(kind, members) else { return Self.failure(404, "\(kind.rawValue) was not found") }
        return Self.success { order.writeInformation(to: &$0) }
    }

    /// Newest first, by pages.
    private func list(_ kind: CryptomusOrder.Kind, _ members: CallMembers, cursor: String?) -> StandInAnswer {
        let dates = ["date_from", "date_to"].map { name in members[name].map { Self.moment($0) } }
        guard dates.allSatisfy({ $0 != .some(nil) }) else {
            return Self.failure(422, "dates are text such as 2026-11-21 9:05:00, in UTC+3")
        }
        let (from, to) = (dates[0] ?? nil, dates[1] ?? nil)
        guard let start = Int(cursor ?? "0"), start >= 0 else { return Self.failure(422, "the cursor is wrong") }
        let found = state.withLock { state in
            state.uuids.reversed().compactMap { state.orders[$0] }.filter { order in
                order.kind == kind && from.map { order.createdAt >= $0 } ?? true
                    // Moments of the list are whole seconds.
                    && to.map { order.createdAt < $0 + .seconds(1) } ?? true
            }
        }
        let rows = found.dropFirst(start).prefix(Self.pageSize)
        let next = start + rows.count
        return Self.success { json in
            json.beginObject()
            json.name("items")
            json.beginArray()
            for order in rows { order.writeInformation(to: &json) }
            json.endArray()
            json.name("paginate")
            json.beginObject()
            json.member("count", integer: Int64(rows.count))
            json.name("hasPages")
            json.bool(found.count > Self.pageSize)
            json.member("nextCursor", next < found.count ? String(next) : nil)
            json.member("previousCursor", start > 0 ? String(max(0, start - Self.pageSize)) : nil)
            json.member("perPage", integer: Int64(Self.pageSize))
            json.endObject()
            json.endObject()
        }
    }

    /// Closed payments only, and so many times (providers.md section 4.6).
    private func resend(_ members: CallMembers) -> StandInAnswer {
        guard let order = find(.payment, members) else { return Self.failure(404, "payment was not found") }
        guard order.isFinal, ["paid", "paid_over", "wrong_amount"].contains(order.status),
            order.resends < Self.resendLimit, let webhook = order.webhook(key: account.paymentKey)
        else { return Self.failure(422, "only a paid payment with url_callback, and at most 10 times") }
        state.withLock { $0.orders[order.uuid]?.resends += 1 }
        var answer = Self.success { json in
            json.beginArray()
            json.endArray()
        }
        answer.resent = [webhook]
        return answer
    }

    /// `YYYY-MM-DD H:mm:ss` in UTC+3; nil for anything else.
    static func moment(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 2 else { return nil }
        let time = parts[1].utf8.count == 7 ? "0" + parts[1] : String(parts[1])
        return Timestamp(rfc3339: "\(parts[0])T\(time)Z").map { $0 - .seconds(3 * 3600) }
    }

    private static func success(_ writeResult: (inout JSONWriter) -> Void) -> StandInAnswer {
        .object(200) { json in
            json.member("state", integer: 0)
            json.name("result")
            writeResult(&json)
        }
    }

    private static func failure(_ status: Int, _ message: String) -> StandInAnswer {
        .object(status) { json in
            json.member("state", integer: 1)
            json.member("message", message)
        }
    }
}
