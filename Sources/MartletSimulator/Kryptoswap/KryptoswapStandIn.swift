// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
package import MartletNet
import MartletWire
import Synchronization

/// Kryptoswap's order interface and notifications (providers.md section 6).
package final class KryptoswapStandIn: ProviderStandIn {
    private struct State {
        var orders: [String: KryptoswapOrder] = [:]
        /// The number by `uid`.
        var ids: [String: String] = [:]
        var made = 0
    }

    private let state = Mutex(State())
    private let seed: UInt64
    private let paid: Double
    private let hooks: String?
    private let ipnSecret: Secret?

    /// Nothing has been ordered yet.
    ///
    /// `paid`: share of orders that are paid out. `hooks`: where orders of the simulation's own are told. `ipnSecret`: signs those; nil gives each its own.
    package init(seed: UInt64, paid: Double = 0.85, hooks: String?, ipnSecret: Secret? = nil) {
        self.seed = seed
        self.paid = paid
        self.hooks = hooks
        self.ipnSecret = ipnSecret
    }

    package func makeOrder(at now: Timestamp) -> SimulatedOrder {
        state.withLock { state in
            let own = ipnSecret?.withExposedBytes { String(decoding: $0, as: UTF8.self) }
            let order = add(to: &state, ipnURL: hooks, ipnSecret: own, inAmount: nil, at: now)
            return simulated(order)
        }
    }

    package func advance(_ order: String, at now: Timestamp) -> OrderChange? {
        state.withLock { state in
            guard var moving = state.orders[order], moving.told < moving.walk.count else { return nil }
            moving.told += 1
            state.orders[order] = moving
            return OrderChange(
                status: moving.status,
                isLast: moving.told == moving.walk.count,
                amounts: [("inAmount", moving.inAmount), ("outAmount", moving.outAmount)],
                notification: moving.notification(at: now)
            )
        }
    }

    package func answer(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer {
        switch (request.method, request.path) {
        case ("GET", "/public/exchanger/order/get"): get(CallMembers(queryOf: request))
        case ("POST", "/public/exchanger/order/create"): create(request, at: now)
        case (_, "/public/exchanger/order/get"), (_, "/public/exchanger/order/create"):
            Self.failure(405, "the method is wrong: get is asked with GET, create with POST")
        default: Self.failure(404, "no such method; there are public/exchanger/order/create and get")
        }
    }

    // MARK: the interface

    /// An order is shown to whoever knows its number and its secret.
    private func get(_ members: CallMembers) -> StandInAnswer {
        guard let uid = members["orderUID"], let secret = members["orderSecret"],
            ["order", "payment"].contains(members["type"] ?? "order")
        else { return Self.failure(200, "orderUID, orderSecret and type, which is order or payment, are wanted") }
        let order = state.withLock { state in state.ids[uid].flatMap { state.orders[$0] } }
        guard let order, order.secret == secret else { return Self.failure(200, "order not found") }
        return Self.success(order)
    }

    private func create(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer {
        guard let members = CallMembers(bodyOf: request) else {
            return Self.failure(200, "the body is neither a form nor a JSON object")
        }
        let amount = members["amount"] ?? ""
        guard let number = Double(amount), number > 0, number.isFinite, DecimalText(amount) != nil else {
            return Self.failure(
                200,
                "amount must be a number above zero; amounts of the outgoing currency are not simulated"
            )
        }
        guard (members["ipnSecret"]?.utf8.count ?? 0) <= 200 else {
            return Self.failure(200, "ipnSecret may have 200 characters at most")
        }
        let order = state.withLock { state in
            add(
                to: &state,
                ipnURL: members["ipnUrl"],
                ipnSecret: members["ipnSecret"],
                inAmount: amount,
                at: now
            )
        }
        var answer = Self.success(order)
        answer.made = [simulated(order)]
        return answer
    }

    private static func success(_ order: KryptoswapOrder) -> StandInAnswer {
        .object(200) { json in
            json.name("success")
            json.bool(true)
            json.name("data")
            json.beginObject()
            json.name("order")
            order.write(to: &json)
            json.endObject()
        }
    }

    /// The engine answers 200 to what it refuses, with `success` false.
    private static func failure(_ status: Int, _ reason: String) -> StandInAnswer {
        .object(status) { json in
            json.name("success")
            json.bool(false)
            json.member("error", reason)
        }
    }

    // MARK: orders

    private func add(
        to state: inout State,
        ipnURL: String?,
        ipnSecret: String?,
        inAmount: String?,
        at now: Timestamp
    ) -> KryptoswapOrder {
        state.made += 1
        var numbers = SeededNumbers(seed: seed, order: state.made)
        let id = numbers.digits(24)
        // Unlike any other order's, so that nothing can be mixed up unnoticed.
        let cents = 100 + state.made
        let order = KryptoswapOrder(
            id: id,
            uid: String(numbers.next() % 90_000 + 10_000) + String(100_000 + state.made % 900_000),
            secret: numbers.digits(32),
            rid: numbers.digits(16),
            ipnURL: ipnURL,
            ipnSecret: ipnSecret ?? numbers.digits(64),
            inAmount: inAmount ?? "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)1",
            outAmount: "\(2000 + state.made).5",
            createdAt: now,
            walk: KryptoswapOrder.walk(paid: paid, using: &numbers)
        )
        state.orders[id] = order
        state.ids[order.uid] = id
        return order
    }

    private func simulated(_ order: KryptoswapOrder) -> SimulatedOrder {
        let merchantOrderID = "SIM-\(order.uid)"
        let members = [
            ("orderId", order.id), ("orderUID", order.uid), ("orderSecret", order.secret),
            ("ipnSecret", order.ipnSecret), ("merchantOrderId", merchantOrderID), ("expectedAmount", order.inAmount),
            ("expectedCurrency", order.from),
        ]
        return SimulatedOrder(
            id: order.id,
            merchantOrderID: merchantOrderID,
            registration: JSONObject(members.map { ($0.0, .string($0.1)) })
        )
    }
}
