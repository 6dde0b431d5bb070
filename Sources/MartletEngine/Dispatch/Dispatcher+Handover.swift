// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime
package import MartletStore

/// What the ingest side tells the dispatcher after a commit; from any queue.
extension Dispatcher {
    /// Takes over the deliveries of an event that has just been committed.
    ///
    /// `plan`: those in flight hold a place in their lane's window.
    /// `ids`: the store's numbers, in the plan's order.
    package nonisolated func committed(_ capture: Capture, plan: FanOut.Plan, ids: [DeliveryID]) {
        for (index, id) in ids.enumerated() {
            let delivery = plan.deliveries[index]
            switch delivery.state {
            case .inFlight:
                var claimed = ClaimedDelivery(
                    id: id,
                    eventID: capture.event.id,
                    endpoint: delivery.endpoint,
                    attempts: 0,
                    envelope: delivery.body ?? capture.envelope,
                    raw: capture.raw
                )
                claimed.isShaped = delivery.body != nil
                claimed.trace = capture.trace
                post(.handedOver(claimed))
            case .pending:
                if let known = plan.lanes[index].knownDue, known <= delivery.dueAt { continue }
                post(.pending(delivery.endpoint, due: delivery.dueAt))
            default: break
            }
        }
    }

    /// Takes note of deliveries that were committed and wait in the store.
    package nonisolated func announced(_ deliveries: [NewDelivery]) { post(.announced(deliveries)) }

    /// Tells the store that deliveries are no longer in hand, until it has taken note: nobody else would find them.
    nonisolated func giveBack(_ deliveries: [DeliveryID], of id: EndpointID, isAgain: Bool = false) {
        store.release(deliveries, of: id) { [self] result in
            switch result {
            // The lane has looked for them in vain meanwhile.
            case .success: if isAgain { post(.pending(id, due: clock.now())) }
            case .failure(.closed): break
            case .failure(let error):
                log.error(
                    "deliveries not given back, trying again",
                    metadata: ["endpoint": "\(id)", "deliveries": "\(deliveries.count)", "error": "\(error.label)"]
                )
                _ = clock.schedule(at: clock.now() + .seconds(1), on: executor.queue) { [self] in
                    giveBack(deliveries, of: id, isAgain: true)
                }
            }
        }
    }

    /// Gives back the places of an event that came to nothing.
    package nonisolated func release(_ plan: FanOut.Plan) {
        for (delivery, gate) in zip(plan.deliveries, plan.gates) {
            guard let gate else { continue }
            gate.free()
            post(.roomFreed(delivery.endpoint))
        }
    }
}
