// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The first checks of every provider, in the order of providers.md section 1, rule 3.
extension Callback {
    func requirePOST() throws(Refusal) {
        guard method == "POST" else { throw Refusal(.methodNotAllowed, "the method must be POST") }
    }

    func requireMediaType(_ type: String) throws(Refusal) {
        guard hasMediaType(type) else { throw Refusal(.unsupportedContentType, "the content type must be \(type)") }
    }

    /// Whether the body is announced as that type; parameters such as a charset do not matter.
    ///
    /// Two content types are none: the next reader may believe the other one.
    func hasMediaType(_ type: String) -> Bool {
        let values = headers.all("content-type")
        guard values.count == 1, let value = values.first else { return false }
        return value.equalsIgnoringASCIICase(type) || mediaType == type
    }

    func readJSONObject() throws(Refusal) -> (object: JSONObject, ranges: [Range<Int>]) {
        do {
            return try JSONReader.readObject(body)
        } catch {
            throw Refusal(error.rule == .repeatedMember ? .duplicateField : .malformedBody, error.description)
        }
    }

    func readForm() throws(Refusal) -> FormBody {
        do {
            return try FormReader.read(body)
        } catch {
            throw Refusal(error.rule == .repeatedMember ? .duplicateField : .malformedBody, error.description)
        }
    }
}
