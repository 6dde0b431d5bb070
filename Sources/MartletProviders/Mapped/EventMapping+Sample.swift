// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

extension EventMapping {
    /// A body that this mapping reads back as `request.status`.
    func sampleBody(_ request: SampleRequest) throws(SampleError) -> [UInt8] {
        guard types.contains(where: { $0.word == request.status }) else {
            let words = types.map(\.word).joined(separator: ", ")
            throw SampleError(
                words.isEmpty ? "typeMap is empty; add the sender's words" : "no such status; one of \(words)"
            )
        }
        let values: [(MemberPath?, String)] = [
            (type, request.status), (id, request.uuid), (object, request.digits(24)),
            (order, request.orderID ?? "sample-\(request.nonce)"),
            (amount, try request.amount(default: "12.50")), (currency, request.currency ?? "EUR"),
        ]
        var body = JSONObject()
        for (path, value) in values {
            if let path { body.set(value, at: path.names[...]) }
        }
        // Two samples must differ even where no member's place is configured.
        if id == nil, body["sample"] == nil { body.set(request.uuid, at: ["sample"]) }
        return body.compactText
    }
}

extension JSONObject {
    fileprivate mutating func set(_ value: String, at names: ArraySlice<String>) {
        guard let name = names.first else { return }
        var member = JSONValue.string(value)
        if names.count > 1 {
            var inner = self[name]?.object ?? JSONObject()
            inner.set(value, at: names.dropFirst())
            member = .object(inner)
        }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = member
        } else {
            members.append(Member(name: name, value: member))
        }
    }

    /// Texts and objects only, which is all that a sample holds.
    fileprivate var compactText: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        json.beginObject()
        for member in members {
            json.name(of: member.name)
            switch member.value {
            case .object(let inner): inner.write(to: &json)
            default: json.string(member.value.string ?? "")
            }
        }
        json.endObject()
    }
}
