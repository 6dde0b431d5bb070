// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

extension StoredText {
    static func encode(_ note: Expungement) -> String {
        var json = JSONWriter(capacity: 128)
        json.beginObject()
        json.member("by", note.by)
        json.member("reason", note.reason)
        json.member("at", note.at.rfc3339)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func expungement(_ text: String?) throws -> Expungement? {
        guard let text else { return nil }
        guard let object = (try? JSONReader.read(Array(text.utf8)))?.object,
            let by = object["by"]?.string, let reason = object["reason"]?.string,
            let at = object["at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { throw unreadable("expunged") }
        return Expungement(by: by, reason: reason, at: at)
    }
}
