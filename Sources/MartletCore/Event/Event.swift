// SPDX-License-Identifier: Apache-2.0

/// One normalised change of a payment or payout (providers.md section 2).
package struct Event: Sendable, Equatable {
    package var id: EventID
    package var type: EventType
    package var detail: String?
    package var source: SourceID
    package var shop: String
    package var object: ObjectKind
    package var finality: Finality
    package var providerStatus: String?
    package var merchantOrderID: String?
    package var providerObjectID: String?
    /// Further provider numbers, as text, in the order the provider's table lists them.
    package var providerRefs: [ProviderRef]
    package var money: Money
    package var network: String?
    package var txid: String?
    package var addressFrom: String?
    package var addressTo: String?
    package var failureReason: String?
    /// Only if the provider states a time.
    package var occurredAt: Timestamp?
    /// The gateway's clock when the callback arrived, or the poll ended.
    package var receivedAt: Timestamp
    package var verification: Verification
    /// Two arrivals with the same key are the same change.
    package var dedupeKey: String
    /// Names the payment within its source, such as `order:900123`; out-of-order rules and ordered delivery use it.
    package var objectKey: String
    package var flags: [EventFlag]

    package init(
        id: EventID,
        type: EventType,
        detail: String? = nil,
        source: SourceID,
        shop: String = "",
        object: ObjectKind = .payment,
        finality: Finality,
        providerStatus: String? = nil,
        merchantOrderID: String? = nil,
        providerObjectID: String? = nil,
        providerRefs: [ProviderRef] = [],
        money: Money = Money(),
        network: String? = nil,
        txid: String? = nil,
        addressFrom: String? = nil,
        addressTo: String? = nil,
        failureReason: String? = nil,
        occurredAt: Timestamp? = nil,
        receivedAt: Timestamp,
        verification: Verification,
        dedupeKey: String,
        objectKey: String,
        flags: [EventFlag] = []
    ) {
        self.id = id
        self.type = type
        self.detail = detail
        self.source = source
        self.shop = shop
        self.object = object
        self.finality = finality
        self.providerStatus = providerStatus
        self.merchantOrderID = merchantOrderID
        self.providerObjectID = providerObjectID
        self.providerRefs = providerRefs
        self.money = money
        self.network = network
        self.txid = txid
        self.addressFrom = addressFrom
        self.addressTo = addressTo
        self.failureReason = failureReason
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.verification = verification
        self.dedupeKey = dedupeKey
        self.objectKey = objectKey
        self.flags = flags
    }
}

extension Event {
    /// The same event, given to a shop.
    package func routed(to shop: String) -> Event {
        var event = self
        event.shop = shop
        return event
    }
}

/// What an event is about, and so which way the money goes.
package enum ObjectKind: String, Sendable, CaseIterable {
    case payment
    case payout

    /// `in` for a payment, `out` for a payout.
    package var direction: String { self == .payment ? "in" : "out" }
}

/// Whether the outcome can still change (providers.md section 2).
package enum Finality: String, Sendable, CaseIterable {
    /// Will move on.
    case none
    /// An outcome, but the provider may still change it without the merchant's doing.
    case provisional
    /// No change unless the merchant starts one, such as a refund.
    case final
}

/// A mark on an event that subscribers and operators see.
package enum EventFlag: String, Sendable, CaseIterable {
    /// Older than what is already known; stored, not delivered.
    case outOfOrder = "out_of_order"
    /// Amount or currency differ from the order that the gateway knows.
    case amountMismatch = "amount_mismatch"
    /// The change was learned by polling before; stored, not delivered.
    case alreadyKnown = "already_known"
    /// The account is a test account.
    case test

    /// Whether an event with this flag goes to no subscriber.
    package var withholdsDelivery: Bool { self == .outOfOrder || self == .alreadyKnown }
}

/// One further number that the provider gave, such as `merchantId`.
package struct ProviderRef: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// How an event was proven, and which members the proof does not protect.
package struct Verification: Sendable, Equatable {
    /// `rsa-sha1-form`, `md5-base64-json`, `sha256-concat`, `fetched`, `polled`, `hmac`, `standard-webhooks`, `forced`.
    package var method: String
    /// Sorted names.
    package var uncoveredFields: [String]

    package init(method: String, uncoveredFields: [String] = []) {
        self.method = method
        self.uncoveredFields = uncoveredFields
    }
}

/// An amount of money; the currency is nil where the provider does not say which it is.
package struct Amount: Sendable, Equatable {
    package var amount: DecimalText
    package var currency: String?

    package init(_ amount: DecimalText, _ currency: String?) {
        self.amount = amount
        self.currency = currency
    }
}

/// The figures of an event; each nil where the provider says nothing.
package struct Money: Sendable, Equatable {
    /// What automatic conversion turned the payment into.
    package struct Converted: Sendable, Equatable {
        package var amount: DecimalText
        package var currency: String?
        package var rate: DecimalText?
        package var fee: DecimalText?

        package init(amount: DecimalText, currency: String?, rate: DecimalText?, fee: DecimalText?) {
            self.amount = amount
            self.currency = currency
            self.rate = rate
            self.fee = fee
        }
    }

    /// The price the merchant asked, or the payout he ordered.
    package var ordered: Amount?
    /// What the payer is asked to send.
    package var due: Amount?
    /// What was really sent.
    package var paid: Amount?
    /// What the merchant's balance gains, or for a payout loses.
    package var settled: Amount?
    /// The provider's fee.
    package var fee: Amount?
    package var converted: Converted?

    package init(
        ordered: Amount? = nil,
        due: Amount? = nil,
        paid: Amount? = nil,
        settled: Amount? = nil,
        fee: Amount? = nil,
        converted: Converted? = nil
    ) {
        self.ordered = ordered
        self.due = due
        self.paid = paid
        self.settled = settled
        self.fee = fee
        self.converted = converted
    }
}
