// SPDX-License-Identifier: Apache-2.0

/// Why a pending delivery has not been sent yet: what an operator asks first.
///
/// Derived from what the store keeps, so that a command can tell it from the file alone; only a hold (`heldUntil`) and
/// the configuration are known to the running gateway alone. Of several reasons the one is named that ends last.
package enum WaitingReason: Sendable, Equatable {
    /// The configuration no longer knows the endpoint.
    case endpointNotConfigured
    /// Nil: by the configuration.
    case endpointDisabled(DisabledReason?)
    /// An earlier delivery for the same payment is unfinished.
    case waitsForEarlier
    /// The breaker is open; past while the probe is under way.
    case breakerOpen(until: Timestamp)
    /// The endpoint's answers or a failing egress proxy ask for a pause.
    case held(until: Timestamp)
    /// Its schedule, or `Retry-After`, says when.
    case dueLater(at: Timestamp)
    /// It is due and goes out as the endpoint's limits, its ramp and what was due before it allow.
    case pace

    /// Nil unless the delivery is pending.
    ///
    /// `dueAt`: nil behind an earlier delivery of its lane.
    /// `isEnabled`: by the configuration.
    /// `heldUntil`: from a running gateway.
    package init?(
        state: DeliveryState,
        dueAt: Timestamp?,
        health: EndpointHealth.Saved = EndpointHealth.Saved(),
        isConfigured: Bool = true,
        isEnabled: Bool = true,
        heldUntil: Timestamp? = nil,
        at now: Timestamp
    ) {
        guard state == .pending else { return nil }
        if !isConfigured {
            self = .endpointNotConfigured
        } else if !isEnabled || health.disabled != nil {
            self = .endpointDisabled(health.disabled?.reason)
        } else if let dueAt {
            // Without a pause of the breaker that lies ahead its probe is what is waited for, unless the time has not come.
            let isParked = health.parkedUntil.map { $0 > now || dueAt <= now } ?? false
            let parked = isParked ? health.parkedUntil : nil
            let latest = max(dueAt, parked ?? dueAt, heldUntil ?? dueAt)
            if let parked, parked == latest || latest <= now {
                self = .breakerOpen(until: parked)
            } else if latest <= now {
                self = .pace
            } else {
                self = latest == dueAt ? .dueLater(at: dueAt) : .held(until: latest)
            }
        } else {
            self = .waitsForEarlier
        }
    }
}

extension WaitingReason: CustomStringConvertible {
    /// A sentence for people, without a full stop.
    package var description: String {
        switch self {
        case .endpointNotConfigured: "for its endpoint, which the configuration does not know"
        case .endpointDisabled(nil): "for its endpoint, which the configuration has disabled"
        case .endpointDisabled(.byOperator): "for its endpoint, which an operator has disabled"
        case .endpointDisabled(.gone): "for its endpoint, disabled because it answered 410"
        case .endpointDisabled(.failing): "for its endpoint, disabled after five days of failures"
        case .waitsForEarlier: "for an earlier delivery of the same payment"
        case .breakerOpen(let until): "for the endpoint's breaker, which sends a probe at \(until.rfc3339)"
        case .held(let until): "until \(until.rfc3339), as the endpoint or the egress proxy asks"
        case .dueLater(let moment): "until \(moment.rfc3339), as its schedule or Retry-After says"
        case .pace: "its turn: it is due, and goes out as the endpoint's limits allow"
        }
    }

    /// A bounded short name for JSON.
    package var label: String {
        switch self {
        case .endpointNotConfigured: "endpoint_not_configured"
        case .endpointDisabled: "endpoint_disabled"
        case .waitsForEarlier: "waits_for_earlier"
        case .breakerOpen: "breaker_open"
        case .held: "held"
        case .dueLater: "due_later"
        case .pace: "pace"
        }
    }
}
