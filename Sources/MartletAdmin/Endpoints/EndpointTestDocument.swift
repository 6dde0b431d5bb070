// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// What an endpoint did with a test, as the admin API shows it.
enum EndpointTestDocument {
    /// Bytes of the answer's body that are shown.
    private static let shown = 1024

    static func write(_ event: EventID, _ result: AttemptResult, to json: inout JSONWriter) {
        json.beginObject()
        json.member("event", event.rawValue)
        json.member("eventType", EventType.endpointTest.rawValue)
        json.member("succeeded", bool: result.outcome.isSuccess)
        json.member("outcome", result.outcome.label)
        json.member("startedAt", result.startedAt)
        json.member("durationMs", integer: result.duration.wholeMilliseconds)
        switch result.outcome {
        case .answered(let status):
            json.member("status", integer: Int64(status))
            json.member("error", nil as String?)
        case .failed(let failure):
            json.member("status", integer: nil)
            json.member("error", failure.rawValue)
        }
        json.member("detail", result.detail)
        json.member("body", String(decoding: result.body.prefix(shown), as: UTF8.self))
        json.endObject()
    }
}
