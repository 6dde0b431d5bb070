// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

extension SpectroCoin {
    /// A legacy callback if there is a key to sign it with, else a JSON callback that points at an order.
    package func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        guard Self.status(request.status).meaning.type != .paymentUnrecognised else {
            throw SampleError("no such status; one of \(Self.statuses.list), or its number")
        }
        if let pem = request.privateKeyPEM { return try legacySample(request, pem) }
        guard let project = account.merchantAPIID else {
            throw SampleError(
                "a legacy sample must be signed: make a key pair with \"martlet keygen --rsa PREFIX\", add the public key "
                    + "to publicKeys of \(source) and give the private key"
            )
        }
        return hintSample(request, project: project)
    }

    private func legacySample(_ request: SampleRequest, _ pem: Secret) throws(SampleError) -> SampleCallback {
        guard let merchantID = account.merchantID, let apiID = account.apiID else {
            throw SampleError("\(source) has no merchantId and apiId; configure them for legacy callbacks")
        }
        let amount = try request.amount(default: "12.5")
        let currency = request.currency ?? "EUR"
        var members = [
            ("merchantId", merchantID), ("apiId", apiID), ("orderId", request.orderID ?? "sample-\(request.nonce)"),
            ("payCurrency", currency), ("payAmount", amount), ("receiveCurrency", currency), ("receiveAmount", amount),
            ("receivedAmount", amount), ("description", "Sample order"),
            ("orderRequestId", String(request.nonce % 1_000_000_000_000)), ("status", request.status),
        ]
        do {
            let form = FormBody(members)
            let text = try LegacyBody(form).signedText(escapingAsterisk: false)
            members.append(("sign", Base64.encode(try RSAPrivateKey(pem: pem).signSHA1(text))))
        } catch let error as CryptoError {
            throw SampleError("the private key is \(error)")
        } catch {
            throw SampleError("the sample cannot be signed")
        }
        return SampleCallback(
            headers: HeaderFields([("content-type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members)
        )
    }

    /// What the status is stays the provider's answer; the sample only makes the gateway ask.
    private func hintSample(_ request: SampleRequest, project: String) -> SampleCallback {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", request.orderID ?? request.uuid)
        json.member("merchantApiId", project)
        json.endObject()
        return SampleCallback(headers: HeaderFields([("content-type", "application/json")]), body: json.bytes)
    }
}
