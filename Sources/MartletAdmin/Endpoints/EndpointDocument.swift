// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// An endpoint as the admin API shows it: settings without secrets, and how it is doing.
enum EndpointDocument {
    /// `version`: of an endpoint that the API made; nil for one of the configuration file.
    static func write(
        _ standing: EndpointStanding,
        _ backlog: EndpointBacklog,
        version: Int64?,
        to json: inout JSONWriter
    ) {
        json.beginObject()
        writeSettings(standing.endpoint, version: version, to: &json)
        writeHealth(standing, isOfFile: version == nil, to: &json)
        json.name("backlog")
        write(backlog, to: &json)
        json.member("inMemory", integer: Int64(standing.waitingInMemory))
        json.member("inFlight", integer: Int64(standing.inFlight))
        json.endObject()
    }

    /// What it has not got.
    static func write(_ backlog: EndpointBacklog, to json: inout JSONWriter) {
        json.beginObject()
        write("pending", backlog.pending, to: &json)
        write("dead", backlog.dead, to: &json)
        write("skipped", backlog.skipped, to: &json)
        json.member("oldestDue", backlog.oldestDue)
        json.endObject()
    }

    private static func writeSettings(_ endpoint: Endpoint, version: Int64?, to json: inout JSONWriter) {
        json.member("id", endpoint.id.rawValue)
        json.member("url", endpoint.url)
        json.member("managedBy", version == nil ? "config" : "api")
        if let version { json.member("version", integer: version) }
        json.member("enabled", bool: endpoint.isEnabled)
        json.member("shops", strings: endpoint.shops.sorted())
        json.member("events", strings: endpoint.events.map(\.text))
        json.member("signature", endpoint.signature.rawValue)
        json.member("signatureStyles", strings: endpoint.signatureStyles.map(\.rawValue))
        json.name("secrets")
        json.beginArray()
        for secret in endpoint.secrets {
            json.beginObject()
            json.member("scheme", secret.scheme.rawValue)
            json.member("until", secret.until)
            json.endObject()
        }
        json.endArray()
        // Names only: the values may be secrets.
        json.member("headers", strings: endpoint.headers.map(\.name))
        json.member("auth", authentication(endpoint))
        json.member("includeRaw", bool: endpoint.includeRaw)
        json.member("hasFilter", bool: endpoint.filter != nil)
        json.member("hasShape", bool: endpoint.shape != nil)
        json.member("ordering", endpoint.ordering.rawValue)
        json.member("maxInFlight", integer: Int64(endpoint.maxInFlight))
        json.member("ratePerSecond", number: endpoint.ratePerSecond)
        json.member("timeout", duration: endpoint.timeout)
        json.member("schedule", strings: endpoint.schedule.delays.map(JSONWriter.text(of:)))
        json.member("allowNetworks", strings: endpoint.egress.allowed.map(\.description))
        json.member("hasOwnAuthorities", bool: endpoint.tls?.authorities != nil)
        json.member("hasClientCertificate", bool: endpoint.tls?.identity != nil)
        json.member("usesProxy", bool: endpoint.proxy != nil)
    }

    private static func writeHealth(_ standing: EndpointStanding, isOfFile: Bool, to json: inout JSONWriter) {
        let health = standing.health
        json.member("state", standing.state.rawValue)
        json.name("disabled")
        if !standing.endpoint.isEnabled {
            let place = isOfFile ? "the configuration file" : "its setting \"enabled\""
            writeDisabled("configuration", nil, "it is disabled by \(place)", to: &json)
        } else if let disabled = health.disabled {
            writeDisabled(disabled.reason.rawValue, disabled.at, meaning(of: disabled.reason), to: &json)
        } else {
            json.null()
        }
        json.member("parkedUntil", health.parkedUntil)
        json.member("failingSince", health.failingSince)
        json.member("lastSuccess", health.lastSuccessAt)
        json.name("lastFailure")
        if let failure = health.lastFailure {
            json.beginObject()
            json.member("outcome", failure.label)
            json.member("status", integer: failure.status.map(Int64.init))
            json.member("at", failure.at)
            json.endObject()
        } else {
            json.null()
        }
        json.name("rejecting")
        if let note = health.rejecting {
            json.beginObject()
            json.member("status", integer: Int64(note.status))
            json.member("since", note.since)
            json.member("latest", note.latest)
            json.member("meaning", meaning(ofRejection: note.status))
            json.endObject()
        } else {
            json.null()
        }
    }

    private static func writeDisabled(
        _ reason: String,
        _ since: Timestamp?,
        _ meaning: String,
        to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("reason", reason)
        json.member("since", since)
        json.member("meaning", meaning)
        json.endObject()
    }

    private static func write(_ name: StaticString, _ count: BoundedCount, to json: inout JSONWriter) {
        json.name(name)
        json.beginObject()
        json.member("count", integer: Int64(count.count))
        json.member("atLeast", bool: count.isAtLeast)
        json.endObject()
    }

    private static func authentication(_ endpoint: Endpoint) -> String? {
        switch endpoint.authentication {
        case .basic: "basic"
        case .bearer: "bearer"
        case nil: nil
        }
    }

    private static func meaning(of reason: DisabledReason) -> String {
        switch reason {
        case .byOperator: "an operator disabled it; enable it when it may have deliveries again"
        case .gone:
            "it answered 410, which says that nothing is wanted there any more; ask its owner before enabling it"
        case .failing: "every request failed for five days; mend it, then enable it"
        }
    }

    private static func meaning(ofRejection status: Int) -> String {
        let cause =
            switch status {
            case 400, 422: "it does not accept what it was sent; look at the answer's body"
            case 401, 403: "it does not accept who sends; look at its secrets, \"auth\" and \"headers\""
            case 404: "there is nothing at its URL"
            case 405: "it takes no POST at its URL"
            case 413: "the body is too large for it"
            case 415: "it does not take JSON"
            default: "it refuses what it is sent"
            }
        return "\(cause): trying again seldom cures a \(status), so somebody should look at it"
    }
}
