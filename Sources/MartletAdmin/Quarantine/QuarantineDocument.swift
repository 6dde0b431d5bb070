// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore
import MartletWire

/// A refused callback as the admin API shows it.
enum QuarantineDocument {
    static func write(_ row: QuarantinedCallback, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(row, to: &json)
        json.endObject()
    }

    /// With the request as it came, to those who may see it: it may hold personal data.
    static func write(_ row: QuarantinedCallback, showsRequest: Bool, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(row, to: &json)
        json.name("request")
        if showsRequest {
            write(row.callback, to: &json)
        } else {
            json.null()
            json.member("requestNote", "the request is shown to keys with the role operator")
        }
        json.endObject()
    }

    private static func writeMembers(_ row: QuarantinedCallback, to json: inout JSONWriter) {
        json.member("id", row.id.description)
        json.member("source", row.source.description)
        json.member("reason", row.refusal.reason.rawValue)
        json.member("detail", row.refusal.detail)
        json.member("receivedAt", row.callback.receivedAt)
        json.member("sourceAddress", row.callback.sourceAddress.description)
        json.member("mediaType", row.callback.mediaType)
        json.member("bytes", integer: Int64(row.callback.body.count))
    }

    private static func write(_ callback: Callback, to json: inout JSONWriter) {
        json.beginObject()
        json.member("method", callback.method)
        json.name("headers")
        json.beginArray()
        for field in callback.headers.fields {
            json.beginArray()
            json.string(field.name)
            json.string(field.value)
            json.endArray()
        }
        json.endArray()
        if UTF8Validation.isValid(callback.body) {
            json.name("body")
            json.string(utf8: callback.body)
        } else {
            json.member("bodyBase64", Base64.encode(callback.body))
        }
        json.endObject()
    }

    static func write(_ report: ReleaseReport, to json: inout JSONWriter) {
        json.beginObject()
        json.member("released", integer: Int64(report.released))
        json.member("withheld", integer: Int64(report.withheld))
        json.member("duplicates", integer: Int64(report.duplicates))
        json.member("hints", integer: Int64(report.hints))
        json.name("stillRefused")
        json.beginObject()
        for (reason, count) in report.stillRefused.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            json.name(of: reason.rawValue)
            json.integer(Int64(count))
        }
        json.endObject()
        json.member("ofUnknownSources", integer: Int64(report.ofUnknownSources))
        json.member("more", bool: report.next != nil)
        json.member("nextCursor", report.next?.text)
        json.member("failure", report.failure?.label)
        json.endObject()
    }
}

extension ReleaseRequest.Cursor {
    private static let list = "release"

    var text: String { ListCursor(list: Self.list, last: "\(after.number)-\(upTo.number)").text }

    /// Nil unless the text is a cursor of a release.
    init?(text: String) {
        guard let numbers = ListCursor(text, list: Self.list)?.last.split(separator: "-").map({ Int64($0) }),
            numbers.count == 2, let after = numbers[0], let upTo = numbers[1]
        else { return nil }
        self.init(after: QuarantineID(number: after), upTo: QuarantineID(number: upTo))
    }
}
