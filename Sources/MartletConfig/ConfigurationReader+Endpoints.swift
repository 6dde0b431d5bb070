// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// The section `endpoints`.
extension ConfigurationReader {
    func readEndpoints(shops: [String], defaults: Configuration.Delivery) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        let entries = objects("endpoints")
        if entries.isEmpty, problems.all.allSatisfy({ !$0.path.hasPrefix("$.endpoints") }) {
            warn("$.endpoints", "names no endpoint, so events are kept and delivered to nobody")
        }
        for (reader, _) in entries {
            let endpoint = readEndpoint(reader, shops: shops, defaults: defaults)
            if !endpoint.id.rawValue.isEmpty, endpoints.contains(where: { $0.id == endpoint.id }) {
                reader.fail("id", "\"\(endpoint.id)\" is the id of an earlier endpoint; ids are unique")
            }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    /// One endpoint, wherever it comes from.
    func readEndpoint(_ reader: SettingsReader, shops: [String], defaults: Configuration.Delivery) -> Endpoint {
        let id = identifier("id", of: reader) ?? ""
        let egress = EgressPolicy(allowed: networks("allowNetworks", of: reader, default: defaults.egress.allowed))
        let delays = schedule("schedule", of: reader, default: defaults.schedule.delays)
        let signing = readSigning(reader)
        let authentication = readAuthentication(reader)
        let endpoint = Endpoint(
            id: EndpointID(id),
            url: readURL(reader, egress: egress),
            shops: shopSet("shops", of: reader, among: shops),
            events: readEvents(reader),
            secrets: signing.secrets,
            signature: signing.signature,
            signatureStyles: signing.styles,
            authentication: authentication,
            isEnabled: reader.bool("enabled", default: true),
            headers: readHeaders(reader, styles: signing.styles),
            includeRaw: reader.bool("includeRaw", default: false),
            maxInFlight: reader.integer("maxInFlight", default: 16, in: 1...256),
            ratePerSecond: readRate(reader),
            ordering: readOrdering(reader),
            timeout: duration("timeout", of: reader, default: defaults.timeout, in: Self.timeouts),
            schedule: RetrySchedule(delays: delays, jitter: defaults.schedule.jitter),
            egress: egress,
            filter: readFilter(reader),
            shape: readShape(reader),
            tls: readTLS(reader),
            proxy: defaults.proxy
        )
        reader.finish()
        return endpoint
    }

    private func readURL(_ reader: SettingsReader, egress: EgressPolicy) -> String {
        guard let text = reader.requiredString("url") else { return "" }
        do {
            let url = try EndpointURL(text)
            if !url.isEncrypted, !url.isLoopback {
                reader.warn("url", "is not encrypted, so anybody on the way can read the events; use \"https://\"")
            }
            if let address = url.address, !egress.permits(address) {
                reader.warn(
                    "url",
                    "points to a special network (\(address)), where deliveries are refused; list it in \"allowNetworks\""
                )
            }
        } catch {
            reader.fail("url", error.message)
        }
        return text
    }

    private func readEvents(_ reader: SettingsReader) -> [EventPattern] {
        guard let value = reader.value("events") else { return [EventPattern("*")].compactMap { $0 } }
        if value == .array([]) { reader.fail("events", "must name at least one type, or \"*\" for all") }
        return texts("events", of: reader).compactMap { path, text in
            guard let pattern = EventPattern(text) else {
                report(path, "must be \"*\", a group such as \"payment.*\" or a type such as \"payment.paid\"")
                return nil
            }
            if !Self.knownTypes.contains(where: pattern.matches) {
                let known = Self.knownTypes.map(\.rawValue) + ["payment.*", "payout.*"]
                let near = known.min { $0.editDistance(to: text) < $1.editDistance(to: text) } ?? "*"
                warn(path, "matches no type of event; did you mean \"\(near)\"?")
            }
            return pattern
        }
    }

    /// Providers' news and the operational events (contract.md sections 5 and 7).
    private static let knownTypes = EventType.all + EventType.operational
}
