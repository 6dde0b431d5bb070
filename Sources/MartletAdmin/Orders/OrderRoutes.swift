// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/sources/kryptoswap/{id}/orders`: orders that the gateway has its provider create.
enum OrderRoutes {
    /// Throws where there is no order; an order that there may be has an answer, which its `Idempotency-Key` keeps.
    @Sendable static func create(_ call: AdminCall) async throws -> HTTPResponse {
        let source = SourceID(provider: "kryptoswap", id: call.id)
        switch await call.access.createOrder(call.request.body, at: source) {
        case .created(let order):
            return try await answer(order, at: source, call)
        case .unknownSource(let known): throw unknown(call, among: known)
        case .notConfigured(let reason): throw Problem(409, reason)
        case .malformed(let problems): throw Problem(problems)
        case .otherShop: throw Problem.otherShop(call.caller)
        case .cannotStore(let error): throw error
        case .turnedAway(let until, let now):
            let seconds = max(1, ((until - now).wholeMilliseconds + 999) / 1000)
            throw Problem(429, "too many orders at once", remedy: "try again in \(seconds) s; there is no order")
                .with(header: "Retry-After", String(seconds))
        case .refused(let status, let message, let retryAfter):
            throw refused(source, status, message, retryAfter)
        case .notSent(let cause):
            throw Problem(
                502,
                "\(source)'s provider was not reached (\(cause)), so there is no order",
                remedy: "try again; if it lasts, look at apiBase of the source"
            )
            .with(code: "provider_unreachable")
        case .unknown(let cause, let message):
            let words = message.map { ": \($0)" } ?? ""
            let problem = Problem(
                504,
                "\(source)'s provider gave no usable answer (\(cause)\(words)); it may have an order, of which nobody "
                    + "has the numbers, so nobody can pay it",
                remedy: "create another one, with a fresh \(IdempotencyKeys.header)"
            )
            return problem.with(code: "outcome_unknown").response
        case .notStored(let order, let error):
            let problem = Problem(
                503,
                "\(source)'s provider has created the order \(order), but its secrets could not be stored (\(error.label))",
                remedy:
                    "do not use it; create another one, with a fresh \(IdempotencyKeys.header), once the store is well"
            )
            return problem.with(code: "order_not_stored").response
        }
    }

    private static func refused(
        _ source: SourceID,
        _ status: Int,
        _ message: String?,
        _ retryAfter: Duration?
    ) -> Problem {
        let words =
            (300..<400).contains(status)
            ? "answered with a redirect, which is not followed; look at apiBase of the source"
            : "refused the order: \(message ?? "status \(status), without a reason")"
        let problem = Problem(
            502,
            "\(source)'s provider \(words)",
            remedy: "there is no order: mend the request or the source, and try again"
        )
        .with(code: "provider_refused")
        guard let retryAfter else { return problem }
        return problem.with(header: "Retry-After", String(max(1, (retryAfter.wholeMilliseconds + 999) / 1000)))
    }

    private static func answer(
        _ created: CreatedOrder,
        at source: SourceID,
        _ call: AdminCall
    ) async throws -> HTTPResponse {
        // Without it the order is there all the same.
        let watch = try? await call.access.watch(created.watch)?.stored
        return .json(201) { json in
            json.beginObject()
            json.member("id", created.watch.description)
            json.member("source", source.description)
            json.member("orderId", created.order.objectID)
            json.member("orderUID", created.order.uid)
            json.member("merchantOrderId", created.order.merchantOrderID)
            json.name("order")
            json.value(.object(created.answer))
            if let watch {
                json.name("watch")
                WatchDocument.write(watch, to: &json)
            }
            json.endObject()
        }
    }

    private static func unknown(_ call: AdminCall, among known: [SourceID]) -> Problem {
        .unknown(
            "source",
            "kryptoswap/\(call.id)",
            // A key that is limited to shops learns nothing of other sources.
            among: call.caller.shops == nil ? known.map(\.description) : [],
            remedy: "orders are created at the sources of kryptoswap in the configuration"
        )
    }
}
