// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// The rules of one source at a provider that pushes: verify, normalise, acknowledge.
///
/// Pure; called on a loop's queue.
package protocol PushProvider: Sendable {
    var source: SourceID { get }
    /// What tells this provider that its callback is safe.
    var acknowledgement: Acknowledgement { get }
    /// Judges one callback by this provider's rules, in the order of providers.md section 1, rule 3.
    ///
    /// `order`: what the store knows of the order, once `needsOrder` asked for it.
    func judge(_ callback: Callback, order: OrderLookup) -> Judgement
    /// The order that a refused callback names, proven or not; nil if it names none.
    ///
    /// For providers that send a notification once: its order is then asked about (providers.md section 6.5).
    func order(ofRefused callback: Callback) -> String?
    /// A correctly signed sample callback for `martlet trigger`.
    ///
    /// - Throws: `SampleError` that names what is missing or which statuses there are.
    func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback
}

extension PushProvider {
    /// None: the provider sends its callback again, or has other means.
    package func order(ofRefused callback: Callback) -> String? { nil }
}

/// A provider whose callbacks can be read without their proof, for an operator who vouches for one (contract section 3).
package protocol ForcibleProvider: PushProvider {
    /// The event that a callback says, whoever has sent it; its signature, its sender and its age are not looked at.
    ///
    /// `order`: what the store knows of the order, where `judge` asked for it. The caller says how it was verified.
    /// - Throws: `Refusal` if the callback cannot be read.
    func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event
}

/// What `martlet trigger` asks for; a nil member is filled with something sensible and fresh.
package struct SampleRequest: Sendable {
    /// The provider's own word, such as `paid`.
    package var status: String
    package var orderID: String?
    /// Amount and currency as the provider writes them.
    package var amount: String?
    package var currency: String?
    /// PEM of the private key that stands in for the provider's (SpectroCoin legacy only).
    package var privateKeyPEM: Secret?
    /// Distinguishes one sample from the next; becomes part of the provider's numbers.
    package var nonce: UInt64
    package var now: Timestamp

    package init(
        status: String,
        orderID: String? = nil,
        amount: String? = nil,
        currency: String? = nil,
        privateKeyPEM: Secret? = nil,
        nonce: UInt64,
        now: Timestamp
    ) {
        self.status = status
        self.orderID = orderID
        self.amount = amount
        self.currency = currency
        self.privateKeyPEM = privateKeyPEM
        self.nonce = nonce
        self.now = now
    }
}

/// A sample ready to be sent to `/hooks/{provider}/{source id}`.
package struct SampleCallback: Sendable {
    package var headers: HeaderFields
    package var body: [UInt8]

    package init(headers: HeaderFields, body: [UInt8]) {
        self.headers = headers
        self.body = body
    }
}

/// Why no sample can be made; the message says what to do.
package struct SampleError: Error, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
