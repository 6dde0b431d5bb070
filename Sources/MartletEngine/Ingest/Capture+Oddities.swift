// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletStore

extension Capture {
    /// What a person should look at: genuine, stored and delivered, and yet not as expected (providers.md rules 7, 10).
    ///
    /// Called for news only, whether a callback or a poll brought it.
    func reportOddities(to log: Logger) {
        let isUnrecognised = event.type == .paymentUnrecognised || event.type == .payoutUnrecognised
        guard isUnrecognised || event.flags.contains(.amountMismatch) else { return }
        log.warning(
            isUnrecognised ? "status not recognised" : "amount differs from the order",
            metadata: [
                "event": "\(event.id)", "trace_id": "\(traceContext.id)", "source": "\(event.source)",
                "type": "\(event.type)",
            ]
        )
    }
}
