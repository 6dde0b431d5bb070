// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Reads the provider's answer about an order that a hint pointed at (providers.md section 3.3, step 4).
package enum SpectroCoinOrder {
    /// What a fetch comes to.
    package enum Outcome: Sendable, Equatable {
        case event(Event)
        /// The provider does not know the order.
        case orderNotFound
        /// To be tried again; the reason, for the log.
        case fetchFailed(String)
    }

    /// Reads one answer to a GET of `/api/public/merchants/orders/{id}`.
    ///
    /// Only the answer's figures count. Of the callback's own body nothing is believed; its further members are named
    /// among the event's `uncovered_fields`.
    package static func read(
        status: Int,
        answer: [UInt8],
        hint: Hint,
        callbackBody: [UInt8],
        account: SpectroCoin.Account,
        receivedAt: Timestamp
    ) -> Outcome {
        if status == 404 { return .orderNotFound }
        guard status == 200 else { return .fetchFailed("the answer's status is \(status)") }
        guard let object = try? JSONReader.readObject(answer).object else {
            return .fetchFailed("the answer is not a JSON object")
        }
        let members = JSONMembers(object: object)
        do {
            return .event(
                try event(
                    members,
                    hint: hint,
                    uncovered: uncoveredFields(callbackBody),
                    account: account,
                    receivedAt: receivedAt
                )
            )
        } catch {
            return .fetchFailed("the fetched order's \(error.detail)")
        }
    }

    private static func event(
        _ members: JSONMembers,
        hint: Hint,
        uncovered: [String],
        account: SpectroCoin.Account,
        receivedAt: Timestamp
    ) throws(Refusal) -> Event {
        guard let statusText = try members.required("status").textOrDigits, !statusText.isEmpty else {
            throw Refusal(.invalidField, "status must be a name or a code")
        }
        let orderID = try members.text("orderId")
        let (status, meaning) = SpectroCoin.status(statusText)
        let dedupeKey = "order:\(hint.objectID):\(status)"
        var refs = account.merchantAPIID.map { [ProviderRef("merchantApiId", $0)] } ?? []
        if let preOrder = members.value("preOrderId")?.textOrDigits { refs.append(ProviderRef("preOrderId", preOrder)) }
        return Event(
            id: .make(source: hint.source, dedupeKey: dedupeKey),
            type: meaning.type,
            detail: meaning.detail,
            source: hint.source,
            finality: meaning.finality,
            providerStatus: status,
            merchantOrderID: orderID,
            providerObjectID: hint.objectID,
            providerRefs: refs,
            money: Money(
                ordered: Amount(
                    try members.optionalDecimal("receiveAmount"),
                    code: try members.optionalText("receiveCurrencyCode")
                ),
                due: Amount(try members.optionalDecimal("payAmount"), code: try members.optionalText("payCurrencyCode"))
            ),
            network: try members.optionalText("payNetworkCode"),
            addressTo: try members.optionalText("depositAddress"),
            receivedAt: receivedAt,
            verification: Verification(method: "fetched", uncoveredFields: uncovered),
            dedupeKey: dedupeKey,
            objectKey: "order:\(hint.objectID)",
            flags: account.testMode ? [.test] : []
        )
    }

    /// The members of the callback's body beyond the two that point at the order, sorted.
    ///
    /// Anybody can send such a body: a few names, none of them long.
    static func uncoveredFields(_ callbackBody: [UInt8]) -> [String] {
        let object = try? JSONReader.readObject(callbackBody).object
        let names = (object?.members ?? []).map(\.name)
            .filter { $0 != "id" && $0 != "merchantApiId" && $0.utf8.count <= 64 }
        return Array(names.sorted().prefix(32))
    }
}
