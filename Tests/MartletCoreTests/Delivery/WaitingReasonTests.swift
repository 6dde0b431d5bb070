// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

/// Why a pending delivery waits.
@Suite struct WaitingReasonTests {
    private let now = Timestamp(milliseconds: 1_795_287_600_000)
    private var later: Timestamp { now + .seconds(60) }
    private var latest: Timestamp { now + .seconds(600) }

    private func parked(_ until: Timestamp) -> EndpointHealth.Saved {
        EndpointHealth.Saved(parkedUntil: until, probeInterval: .seconds(30))
    }

    @Test func onlyWhatIsPendingWaits() {
        for state in DeliveryState.allCases {
            let reason = WaitingReason(state: state, dueAt: now, at: now)
            #expect(reason == (state == .pending ? .pace : nil))
        }
    }

    @Test func namesWhatEndsLast() {
        func reason(_ due: Timestamp, parked until: Timestamp? = nil, held: Timestamp? = nil) -> WaitingReason? {
            let health = until.map(parked) ?? EndpointHealth.Saved()
            return WaitingReason(state: .pending, dueAt: due, health: health, heldUntil: held, at: now)
        }
        #expect(reason(later) == .dueLater(at: later))
        #expect(reason(later, parked: latest) == .breakerOpen(until: latest))
        #expect(reason(latest, parked: later) == .dueLater(at: latest))
        #expect(reason(now, parked: later) == .breakerOpen(until: later))
        #expect(reason(now, parked: later, held: latest) == .held(until: latest))
        #expect(reason(latest, held: later) == .dueLater(at: latest))
        #expect(reason(now, held: now) == .pace)
        // The probe is under way, or due.
        #expect(reason(now, parked: now) == .breakerOpen(until: now))
        #expect(reason(later, parked: now) == .dueLater(at: later))
    }

    @Test func whatOnlyAPersonCanChangeGoesFirst() {
        var health = parked(later)
        func reason(_ due: Timestamp?, isConfigured: Bool = true, isEnabled: Bool = true) -> WaitingReason? {
            WaitingReason(
                state: .pending,
                dueAt: due,
                health: health,
                isConfigured: isConfigured,
                isEnabled: isEnabled,
                at: now
            )
        }
        #expect(reason(nil) == .waitsForEarlier)
        #expect(reason(nil, isEnabled: false) == .endpointDisabled(nil))
        health.disabled = Disablement(reason: .failing, at: now)
        #expect(reason(nil) == .endpointDisabled(.failing))
        #expect(reason(latest) == .endpointDisabled(.failing))
        #expect(reason(now, isConfigured: false) == .endpointNotConfigured)
    }

    @Test func everyReasonHasASentenceAndALabel() {
        let reasons: [WaitingReason] = [
            .endpointNotConfigured, .endpointDisabled(nil), .endpointDisabled(.byOperator), .endpointDisabled(.gone),
            .endpointDisabled(.failing), .waitsForEarlier, .breakerOpen(until: now), .held(until: now),
            .dueLater(at: now), .pace,
        ]
        #expect(Set(reasons.map(\.description)).count == reasons.count)
        #expect(Set(reasons.map(\.label)).count == 7)
    }
}
