// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore
import MartletWire

/// The callback as it is kept with its event and given to endpoints with `includeRaw`.
enum RawCallback {
    /// `{"method":…,"media_type":…,"source_address":…,"received_at":…,"headers":[[name,value],…],"body":…}`;
    /// `body_base64` in place of `body` where the bytes are not UTF-8.
    ///
    /// `forcing`: adds `"forced":{"by":…,"reason":…,"at":…}` for a callback that nothing proves.
    /// `fetched`: the JSON text of the provider's answer about what the callback pointed at; adds `"fetched":"…"`, a
    /// text like the body, so that no digit of it is lost.
    static func render(_ callback: Callback, forcing: Forcing? = nil, fetched: [UInt8]? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: callback.body.count + 512)
        json.beginObject()
        json.member("method", callback.method)
        json.member("media_type", callback.mediaType)
        json.member("source_address", callback.sourceAddress.description)
        json.member("received_at", callback.receivedAt.rfc3339)
        json.name("headers")
        json.beginArray()
        for field in callback.headers.withoutCredentials.fields {
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
            json.member("body_base64", Base64.encode(callback.body))
        }
        if let forcing {
            json.name("forced")
            json.beginObject()
            json.member("by", forcing.by)
            json.member("reason", forcing.reason)
            json.member("at", forcing.at.rfc3339)
            json.endObject()
        }
        if let fetched {
            json.name("fetched")
            json.string(utf8: fetched)
        }
        json.endObject()
        return json.bytes
    }
}
