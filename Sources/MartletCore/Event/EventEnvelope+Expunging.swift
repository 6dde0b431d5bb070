// SPDX-License-Identifier: Apache-2.0
import MartletWire

extension EventEnvelope {
    /// Members of `data` that lead to a person: the payer's or payee's addresses, the transaction on a public ledger that
    /// shows them, and free text of the provider.
    private static let personal: Set<String> = ["address_from", "address_to", "txid", "failure_reason"]
    /// Of `provider_refs`: a static wallet is one customer's.
    private static let personalRefs: Set<String> = ["wallet_address_uuid"]

    /// The body with these members null; ids, type, status, amounts and times stay.
    ///
    /// A body that cannot be read, which no version has written, becomes an empty one: better nothing than too much.
    package static func withoutPersonalData(_ envelope: [UInt8]) -> [UInt8] {
        guard var body = (try? JSONReader.read(envelope))?.object,
            let place = body.index(of: "data"), var data = body.members[place].value.object
        else { return Array(#"{"data":{}}"#.utf8) }
        // Where a key ends with the transaction, it says so in a second place; the id that was made of it stays.
        if let key = data["dedupe_key"]?.string, let txid = data["txid"]?.string, key.hasSuffix(":" + txid),
            let place = data.index(of: "dedupe_key")
        {
            data.members[place].value = .string(key.dropLast(txid.count) + "***")
        }
        for index in data.members.indices {
            if personal.contains(data.members[index].name) { data.members[index].value = .null }
            if data.members[index].name == "provider_refs", var refs = data.members[index].value.object {
                refs.members.removeAll { personalRefs.contains($0.name) }
                data.members[index].value = .object(refs)
            }
        }
        body.members[place].value = .object(data)
        var json = JSONWriter(capacity: envelope.count)
        json.value(.object(body))
        return json.bytes
    }
}
