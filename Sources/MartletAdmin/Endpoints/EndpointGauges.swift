// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime

/// The gauge of endpoints' states (contract section 9).
enum EndpointGauges {
    /// 1 for the state that an endpoint has, 0 for the others, so that a state which has passed does not linger.
    static func read(_ standings: [EndpointStanding]) -> Gauge {
        Gauge(
            "martlet_endpoint_state",
            help: "1 for the state that the endpoint has.",
            labels: ["endpoint", "state"],
            samples: standings.flatMap { standing in
                EndpointState.allCases.map { state in
                    (
                        labelValues: [standing.endpoint.id.rawValue, state.rawValue],
                        value: standing.state == state ? 1 : 0
                    )
                }
            }
        )
    }
}
