// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore

/// Secrets whose end has passed without a successor.
extension Dispatcher {
    /// Warns once for each load of an endpoint; the deliveries themselves are signed and sent as before.
    nonisolated func warnOfOverdueSecrets(of signing: SigningEndpoint, at now: Timestamp) {
        for (scheme, end) in signing.newlyOverdue(at: now) {
            log.warning(
                "the last secret of an endpoint is past its end and signs on; give the endpoint a new one and reload",
                metadata: [
                    "endpoint": "\(signing.endpoint.id)", "scheme": "\(scheme.rawValue)", "until": "\(end.rfc3339)",
                ]
            )
        }
    }
}
