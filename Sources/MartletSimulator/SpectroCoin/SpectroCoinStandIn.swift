// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto
package import MartletNet
import MartletWire
import Synchronization

/// SpectroCoin's order interface and callbacks (providers.md section 3).
package final class SpectroCoinStandIn: ProviderStandIn {
    /// The account whose callbacks are signed forms.
    package struct Legacy: Sendable {
        package var merchantID: String
        package var apiID: String
        package var key: RSAPrivateKey

        package init(merchantID: String, apiID: String, key: RSAPrivateKey) {
            self.merchantID = merchantID
            self.apiID = apiID
            self.key = key
        }
    }

    private struct State {
        var orders: [String: SpectroCoinStandInOrder] = [:]
        /// In the order of their making, for the list.
        var ids: [String] = []
        var tokens: [String: Timestamp] = [:]
        var tokenCount = 0
    }

    static let tokenLife = Duration.seconds(600)
    /// Orders on one page of the list.
    static let pageSize = 100

    private let state = Mutex(State())
    private let seed: UInt64
    private let paid: Double
    private let hooks: String?
    private let project: String
    private let legacy: Legacy?

    /// Nothing has been ordered yet.
    ///
    /// `paid`: share of orders that are paid. `project`: the `merchantApiId` that unsigned callbacks state. `legacy`: signed callbacks instead of those.
    package init(seed: UInt64, paid: Double = 0.85, hooks: String?, project: String, legacy: Legacy? = nil) {
        self.seed = seed
        self.paid = paid
        self.hooks = hooks
        self.project = project
        self.legacy = legacy
    }

    package func makeOrder(at now: Timestamp) -> SimulatedOrder {
        state.withLock { state in
            let number = state.ids.count + 1
            var numbers = SeededNumbers(seed: seed, order: number)
            let requestID = String(numbers.next() % 90_000_000 + 10_000_000)
            let order = SpectroCoinStandInOrder(
                id: numbers.uuid(),
                requestID: requestID + String(number),
                merchantOrderID: "SIM-\(requestID)-\(number)",
                payAmount: "0.\(10_000 + number)1",
                receiveAmount: "\(50 + number).5",
                createdAt: now,
                walk: SpectroCoinStandInOrder.walk(paid: paid, using: &numbers)
            )
            state.orders[order.id] = order
            state.ids.append(order.id)
            return SimulatedOrder(
                id: order.id,
                merchantOrderID: order.merchantOrderID,
                registration: JSONObject([("id", .string(order.id))])
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
                isLast: moving.told == moving.walk.count,
                amounts: [("payAmount", moving.payAmount), ("receiveAmount", moving.receiveAmount)],
                notification: notification(of: moving)
            )
        }
    }

    /// No callback is sent for a new order (providers.md section 3.4).
    private func notification(of order: SpectroCoinStandInOrder) -> ProviderNotification? {
        guard let hooks, order.status != "NEW" else { return nil }
        if let legacy { return order.legacy(to: hooks, legacy) }
        return order.hint(to: hooks, project: project)
    }

    // MARK: the interface

    private static let orders = "/api/public/merchants/orders"

    package func answer(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer {
        if request.path == "/api/public/oauth/token" { return grant(request, at: now) }
        guard request.path == Self.orders || request.path.hasPrefix(Self.orders + "/") else {
            return Self.failure(404, "not_found", "there are oauth/token and merchants/orders below /api/public")
        }
        guard isAuthorised(request, at: now) else {
            return Self.failure(401, "unauthorized", "a bearer token of oauth/token is wanted")
        }
        guard request.method == "GET" else { return Self.failure(405, "method_not_allowed", "use GET") }
        return request.path == Self.orders ? list(CallMembers(queryOf: request)) : show(request.path)
    }

    /// Any client that names itself is let in: whose secret is right is not what is staged here.
    private func grant(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer {
        guard request.method == "POST", let members = CallMembers(bodyOf: request),
            members["grant_type"] == "client_credentials", members["client_id"] != nil,
            members["client_secret"] != nil
        else {
            return Self.failure(400, "invalid_request", "grant_type, client_id and client_secret are wanted in a form")
        }
        let token = state.withLock { state in
            state.tokenCount += 1
            var numbers = SeededNumbers(seed: ~seed, order: state.tokenCount)
            let token = numbers.digits(48)
            state.tokens = state.tokens.filter { $0.value > now }
            state.tokens[token] = now + Self.tokenLife
            return token
        }
        return .object(200) { json in
            json.member("access_token", token)
            json.member("token_type", "bearer")
            json.member("expires_in", integer: Self.tokenLife.wholeMilliseconds / 1000)
        }
    }

    private func isAuthorised(_ request: HTTPRequest, at now: Timestamp) -> Bool {
        guard let field = request.headers[first: "authorization"], field.hasPrefix("Bearer ") else { return false }
        let token = String(field.dropFirst("Bearer ".count))
        return state.withLock { state in state.tokens[token].map { $0 > now } ?? false }
    }

    private func show(_ path: String) -> StandInAnswer {
        let id = path.dropFirst(Self.orders.count + 1).lowercased()
        guard let order = state.withLock({ $0.orders[id] }) else {
            return Self.failure(404, "order_not_found", "no such order")
        }
        var json = JSONWriter()
        order.write(to: &json)
        return .json(200, json.bytes)
    }

    /// Names of the parameters are not published (providers.md section 3.7); these are an assumption.
    private func list(_ members: CallMembers) -> StandInAnswer {
        let from = members["dateFrom"].flatMap { Self.moment($0, isEnd: false) }
        let to = members["dateTo"].flatMap { Self.moment($0, isEnd: true) }
        guard from != nil || members["dateFrom"] == nil, to != nil || members["dateTo"] == nil else {
            return Self.failure(400, "invalid_request", "dateFrom and dateTo are days or moments such as 2026-11-21")
        }
        let page = members["page"].flatMap { Int($0) } ?? 0
        let size = min(Self.pageSize, max(1, members["size"].flatMap { Int($0) } ?? Self.pageSize))
        let found = state.withLock { state in
            state.ids.compactMap { state.orders[$0] }.filter { order in
                from.map { order.createdAt >= $0 } ?? true && to.map { order.createdAt <= $0 } ?? true
                    && members["status"].map { $0.uppercased() == order.status } ?? true
            }
        }
        let rows = found.dropFirst(max(0, page) * size).prefix(size)
        return .object(200) { json in
            json.name("content")
            json.beginArray()
            for order in rows { order.write(to: &json) }
            json.endArray()
            json.member("page", integer: Int64(page))
            json.member("size", integer: Int64(size))
            json.member("totalElements", integer: Int64(found.count))
            json.member("totalPages", integer: Int64((found.count + size - 1) / size))
        }
    }

    /// A day stands for its begin or its end.
    private static func moment(_ text: String, isEnd: Bool) -> Timestamp? {
        if let moment = Timestamp(rfc3339: text) { return moment }
        guard let day = Timestamp(rfc3339: text + "T00:00:00Z") else { return nil }
        return isEnd ? day + .milliseconds(86_399_999) : day
    }

    private static func failure(_ status: Int, _ code: String, _ message: String) -> StandInAnswer {
        .object(status) { json in
            json.member("error", code)
            json.member("error_description", message)
        }
    }
}
