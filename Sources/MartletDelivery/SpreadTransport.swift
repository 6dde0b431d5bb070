// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import Synchronization

/// Gives requests to several transports in turn, each with its own loop, multi handle and connections.
///
/// libcurl does one transport's work on one thread; measured on two cores, a second one delivers nearly half as much
/// again. In turn and not by endpoint, so that a single busy endpoint gains as well; a hanging one holds no loop.
package final class SpreadTransport: Transport {
    private let transports: [CurlTransport]
    private let turn = Atomic<Int>(0)

    /// - Precondition: there is at least one transport.
    package init(_ transports: [CurlTransport]) {
        precondition(!transports.isEmpty, "requests need a transport")
        self.transports = transports
    }

    /// Starts one request; its completion is called on the queue of the loop that took it.
    package func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let index = Int(UInt(bitPattern: number) % UInt(transports.count))
        transports[index].send(request, completion: completion)
    }

    /// Shuts every transport down.
    package func shutDown() async {
        for transport in transports { await transport.shutDown() }
    }
}
