// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletNet
package import MartletWire

/// A provider as a merchant sees it: an interface that is asked, and orders whose changes it notifies about.
///
/// Called from several queues; an implementation guards itself.
package protocol ProviderStandIn: Sendable {
    /// Makes an order of the simulation's own, which has not moved yet.
    func makeOrder(at now: Timestamp) -> SimulatedOrder

    /// Moves an order on, first to the status that it begins with; nil if it is at its end.
    func advance(_ order: String, at now: Timestamp) -> OrderChange?

    /// Answers one call of the provider's interface.
    func answer(_ request: HTTPRequest, at now: Timestamp) -> StandInAnswer
}

/// An order that a stand-in has made.
package struct SimulatedOrder: Sendable, Equatable {
    /// The provider's own number.
    package var id: String
    /// The merchant's number.
    package var merchantOrderID: String
    /// The members of a registration at the gateway (contract.md section 7), without `source`.
    package var registration: JSONObject

    package init(id: String, merchantOrderID: String, registration: JSONObject) {
        self.id = id
        self.merchantOrderID = merchantOrderID
        self.registration = registration
    }
}

/// One step of an order.
package struct OrderChange: Sendable, Equatable {
    package var status: String
    /// Nothing follows.
    package var isLast: Bool
    /// Amounts as the provider writes them, by the provider's own names.
    package var amounts: [(name: String, value: String)]
    /// Nil where nobody is to be notified.
    package var notification: ProviderNotification?

    package init(
        status: String,
        isLast: Bool,
        amounts: [(name: String, value: String)],
        notification: ProviderNotification?
    ) {
        self.status = status
        self.isLast = isLast
        self.amounts = amounts
        self.notification = notification
    }

    package static func == (left: OrderChange, right: OrderChange) -> Bool {
        left.status == right.status && left.isLast == right.isLast && left.notification == right.notification
            && left.amounts.elementsEqual(right.amounts) { $0 == $1 }
    }
}

/// A callback, ready to be sent.
package struct ProviderNotification: Sendable, Equatable {
    package var url: String
    package var headers: HeaderFields
    package var body: [UInt8]

    package init(url: String, headers: HeaderFields, body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What a call of the interface came to.
package struct StandInAnswer: Sendable {
    package var response: HTTPResponse
    /// Orders that the call made, which from now on go their way.
    package var made: [SimulatedOrder]
    /// Orders whose newest notification is to be sent again.
    package var resent: [ProviderNotification]

    package init(_ response: HTTPResponse, made: [SimulatedOrder] = [], resent: [ProviderNotification] = []) {
        self.response = response
        self.made = made
        self.resent = resent
    }

    static func json(_ status: Int, _ body: [UInt8]) -> StandInAnswer {
        StandInAnswer(
            HTTPResponse(status: status, headers: HeaderFields([("Content-Type", "application/json")]), body: body)
        )
    }

    /// One object written by `write`.
    static func object(_ status: Int, _ write: (inout JSONWriter) -> Void) -> StandInAnswer {
        var json = JSONWriter()
        json.beginObject()
        write(&json)
        json.endObject()
        return .json(status, json.bytes)
    }
}
