// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore

/// What lanes ask for: sending, claiming, giving back.
extension Dispatcher {
    func send(_ delivery: ClaimedDelivery, to signing: SigningEndpoint) {
        unfinished += 1
        let number = delivery.attempts + 1
        let now = wall.now()
        warnOfOverdueSecrets(of: signing, at: now)
        let request = signing.request(for: delivery, number: number, at: now, spanID: random.next())
        transport.send(request) { [self] result in
            attemptEnded(delivery, number: number, endpoint: signing.endpoint, result)
        }
    }

    /// What comes back is due as before and found again by the lane's next claim, which is behind this in the queue.
    func release(_ deliveries: [ClaimedDelivery], of id: EndpointID, _ gate: LaneGate) {
        gate.free(deliveries.count)
        giveBack(deliveries.map(\.id), of: id)
    }

    func claim(_ limit: Int, for id: EndpointID, _ post: Post) {
        let gate = post.gate
        let reserved = gate.reserve(limit)
        // Claiming for a place or two at a time would cost a transaction each. While others hold places there will be
        // more room soon, and whoever frees a place says so.
        guard reserved >= max(1, limit / 2) || (reserved > 0 && gate.places == reserved) else {
            gate.free(reserved)
            return handle(.noRoom, for: id)
        }
        let includesRaw = post.signing.endpoint.includeRaw
        store.claimDue(id, now: clock.now(), limit: reserved, includingRaw: includesRaw) { [self] result in
            self.post(.claimed(id, reserved: reserved, result))
        }
    }

    func claimed(_ result: Result<ClaimedBatch, StoreError>, reserved: Int, for id: EndpointID) {
        switch result {
        case .success(let batch):
            posts[id]?.gate.free(reserved - batch.deliveries.count)
            handle(.claimed(batch), for: id)
        case .failure(let error):
            posts[id]?.gate.free(reserved)
            log.error("store gave no due deliveries", metadata: ["endpoint": "\(id)", "error": "\(error.label)"])
            handle(.claimFailed(retryAt: clock.now() + .seconds(1)), for: id)
        }
    }
}
