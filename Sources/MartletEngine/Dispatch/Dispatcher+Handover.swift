// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the ingest side tells the dispatcher after a commit; from any queue.
extension Dispatcher {
    /// Takes over the deliveries of an event that has just been committed.
    ///
    /// `deliveries`: as planned; those in flight hold a place in their lane's window.
    /// `ids`: the store's numbers, in the same order.
    package nonisolated func committed(
        _ event: Event,
        envelope: [UInt8],
        raw: [UInt8],
        deliveries: [NewDelivery],
        ids: [DeliveryID]
    ) {
        for (delivery, id) in zip(deliveries, ids) {
            switch delivery.state {
            case .inFlight:
                var claimed = ClaimedDelivery(
                    id: id,
                    eventID: event.id,
                    endpoint: delivery.endpoint,
                    attempts: 0,
                    envelope: delivery.body ?? envelope,
                    raw: raw
                )
                claimed.isShaped = delivery.body != nil
                post(.handedOver(claimed))
            case .pending: post(.pending(delivery.endpoint, due: delivery.dueAt))
            default: break
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
