// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let idempotencyCases: [Case] = [
        Case("aRequestIsClaimedOnceAndAnsweredAlike") { store, harness in
            let request = IdempotentRequest(caller: "shop", key: "k-1", digest: [1, 2])
            let answer = StoredAnswer(status: 201, mediaType: "application/json", body: Array("{}".utf8))
            try checkEqual(try await store.claim(request, now: Samples.now), .new)
            try checkEqual(try await store.claim(request, now: Samples.now), .unanswered)
            var other = request
            other.digest = [3]
            try checkEqual(try await store.claim(other, now: Samples.now), .other, "the same name, another request")
            other = request
            other.caller = "another"
            try checkEqual(try await store.claim(other, now: Samples.now), .new, "names are their caller's")
            try await store.keep(answer, of: request)
            try await store.forget(request)
            try checkEqual(try await store.claim(request, now: Samples.now), .answered(answer), "answers stay")
            await store.close()
            let reopened = try await harness.open(Options())
            let again = try await reopened.claim(request, now: Samples.now + .seconds(86_400))
            let cutOff = try await reopened.claim(other, now: Samples.now)
            await reopened.close()
            try checkEqual(again, .answered(answer), "after a restart, too")
            try checkEqual(cutOff, .unanswered, "so does what was cut off")
        },
        Case("aRequestThatCameToNothingMayBeMadeAgain") { store, _ in
            let request = IdempotentRequest(caller: "shop", key: "k-1", digest: [])
            try checkEqual(try await store.claim(request, now: Samples.now), .new)
            try await store.forget(request)
            try checkEqual(try await store.claim(request, now: Samples.now), .new)
        },
        Case("forgetsRequestsAfterADay") { store, _ in
            let request = IdempotentRequest(caller: "shop", key: "k-1", digest: [1])
            _ = try await store.claim(request, now: Samples.now)
            try await store.keep(StoredAnswer(status: 201, mediaType: "text/plain", body: []), of: request)
            let later = Samples.now + IdempotentRequest.kept + .milliseconds(1)
            try checkEqual(try await store.claim(request, now: later), .new, "a day later it is another request")
            for key in ["k-2", "k-3", "k-4"] {
                _ = try await store.claim(
                    IdempotentRequest(caller: "shop", key: key, digest: [1]),
                    now: Samples.now
                )
            }
            let long = Samples.now + .seconds(-1_000_000)
            var horizon = RetentionHorizon(events: long, raw: long, quarantine: long, dedupe: long, batch: 2)
            try checkEqual(try await store.prune(horizon), 0, "without a horizon of their own they stay")
            horizon.idempotency = later - IdempotentRequest.kept
            try checkEqual(try await store.prune(horizon), 2)
            try checkEqual(try await store.prune(horizon), 1)
            try checkEqual(try await store.claim(request, now: later), .unanswered, "what is younger stays")
        },
    ]
}
