// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Synchronization
import Testing

@Suite("The transport that plays a script", .timeLimit(.minutes(1)))
struct ScriptedTransportTests {
    @Test func queuedResultsComeBeforeTheAnswer() {
        let transport = ScriptedTransport { _ in ScriptedTransport.answered(204) }
        transport.enqueue([ScriptedTransport.failed(.dns), ScriptedTransport.answered(500)], for: "http://a/")
        let outcomes = Mutex<[AttemptOutcome]>([])
        for url in ["http://a/", "http://b/", "http://a/", "http://a/"] {
            transport.send(.test(url)) { result in outcomes.withLock { $0.append(result.outcome) } }
        }
        #expect(
            outcomes.withLock { $0 }
                == [.failed(.dns), .answered(status: 204), .answered(status: 500), .answered(status: 204)]
        )
        #expect(transport.requests.map(\.url) == ["http://a/", "http://b/", "http://a/", "http://a/"])
    }

    @Test func heldRequestsAreReleasedInOrder() async {
        let transport = ScriptedTransport(isHolding: true)
        let finished = Mutex<[Int]>([])
        for index in 0..<4 { transport.send(.test("http://a/")) { _ in finished.withLock { $0.append(index) } } }
        #expect(await transport.waitForRequests(4).count == 4)
        #expect(finished.withLock { $0 }.isEmpty)
        transport.release()
        #expect(finished.withLock { $0 } == [0])
        transport.releaseAll()
        #expect(finished.withLock { $0 } == [0, 1, 2, 3])
        #expect(transport.heldCount == 0)
    }
}
