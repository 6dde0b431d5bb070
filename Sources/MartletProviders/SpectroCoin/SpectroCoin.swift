// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto
import MartletWire

/// SpectroCoin: signed form bodies (legacy), and unsigned JSON bodies that only point at an order (current).
///
/// Source: providers.md section 3. The media type tells the two apart.
package struct SpectroCoin: PushProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "*ok*")
    package let account: Account
    /// The provider's keys for the legacy format; two of them during a change.
    let publicKeys: [RSAPublicKey]
    let polling: Polling
    var gate: AskGate { polling.gate }
    /// Shared by all copies of this value.
    let access = SpectroCoinAccess()
    package let sweptAt: DailyTime?

    /// The merchant's account as the settings describe it.
    package struct Account: Sendable {
        /// Legacy: the merchant's number.
        package var merchantID: String?
        /// Legacy: the project's number.
        package var apiID: String?
        /// The account as a UUID, in lower case.
        package var userID: String?
        /// The project as a UUID, in lower case.
        package var merchantAPIID: String?
        /// For asking the provider back.
        package var clientID: String?
        /// For asking the provider back.
        package var clientSecret: Secret?
        /// For asking the provider back.
        package var apiBase: String
        /// Every event of a test account carries the flag `test`.
        package var testMode: Bool

        package init(
            merchantID: String? = nil,
            apiID: String? = nil,
            userID: String? = nil,
            merchantAPIID: String? = nil,
            clientID: String? = nil,
            clientSecret: Secret? = nil,
            apiBase: String = "https://spectrocoin.com",
            testMode: Bool = false
        ) {
            self.merchantID = merchantID
            self.apiID = apiID
            self.userID = userID?.lowercased()
            self.merchantAPIID = merchantAPIID?.lowercased()
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.apiBase = apiBase
            self.testMode = testMode
        }
    }

    package init(
        source: SourceID,
        account: Account,
        publicKeys: [RSAPublicKey] = [],
        sweptAt: DailyTime? = nil,
        polling: Polling? = nil
    ) {
        self.source = source
        self.sweptAt = sweptAt
        self.account = account
        self.publicKeys = publicKeys
        self.polling = polling ?? Polling(schedule: Self.schedule)
    }

    package func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        do throws(Refusal) {
            try callback.requirePOST()
            if callback.hasMediaType("application/json") { return .hint(try hint(of: callback)) }
            guard callback.hasMediaType("application/x-www-form-urlencoded") else {
                throw Refusal(
                    .unsupportedContentType,
                    "the content type must be application/x-www-form-urlencoded or application/json"
                )
            }
            return .accepted(try legacyEvent(of: callback))
        } catch {
            return .refused(error)
        }
    }

    /// The body points at an order and proves nothing (providers.md section 3.3, step 1).
    private func hint(of callback: Callback) throws(Refusal) -> Hint {
        let members = JSONMembers(object: try callback.readJSONObject().object)
        let id = try uuid("id", members)
        let project = try uuid("merchantApiId", members)
        guard let configured = account.merchantAPIID, project == configured else {
            throw Refusal(.unknownProject, "merchantApiId is not the configured project")
        }
        return Hint(source: source, objectID: id, receivedAt: callback.receivedAt)
    }

    /// In lower case, so that two spellings of one number stay one order.
    private func uuid(_ name: String, _ members: JSONMembers) throws(Refusal) -> String {
        guard case .string(let text) = try members.required(name), text.isUUID else {
            throw Refusal(.invalidField, "\(name) must be a UUID")
        }
        return text.lowercased()
    }
}
