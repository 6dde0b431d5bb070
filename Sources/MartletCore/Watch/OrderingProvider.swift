// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// A provider at which the gateway itself creates orders, so that it knows their secrets from the first moment.
package protocol OrderingProvider: WatchedProvider {
    /// Why no order can be created with the source's settings, and the remedy; nil if orders can.
    var cannotOrder: String? { get }

    /// Reads a shop's request; nothing is sent.
    ///
    /// `hook`: where the provider is to send its notifications. `ipnSecret`: what proves them.
    ///
    /// - Throws: `RegistrationRefusal` with every problem.
    func draft(_ request: [UInt8], hook: String, ipnSecret: Secret) throws(RegistrationRefusal) -> OrderDraft

    /// Asks the provider for the order, once; every failure is an answer.
    func place(_ draft: OrderDraft, at now: Timestamp, with tools: PollTools) async -> OrderPlacement
}

/// An order that is ready to be asked for.
package struct OrderDraft: Sendable, Equatable {
    /// The request's body, which holds the `ipnSecret`.
    package var body: Secret
    package var ipnSecret: Secret
    package var merchantOrderID: String?
    package var expectedDue: Amount?

    package init(body: Secret, ipnSecret: Secret, merchantOrderID: String?, expectedDue: Amount?) {
        self.body = body
        self.ipnSecret = ipnSecret
        self.merchantOrderID = merchantOrderID
        self.expectedDue = expectedDue
    }
}

/// What asking a provider for an order came to.
package enum OrderPlacement: Sendable {
    /// There is an order: what to store, and what the provider says of it, without the `ipnSecret`.
    case placed(WatchPlan, answer: JSONObject)
    /// There is none: the provider says no, in its own words.
    case refused(status: Int, message: String?, retryAfter: Duration?)
    /// There is none: the request did not go out. The cause is one of a bounded set of words.
    case notSent(cause: String)
    /// There is none: too many orders at once.
    case turnedAway(until: Timestamp)
    /// There may be one, which nobody knows the numbers of.
    case unknown(cause: String, message: String?)
}
