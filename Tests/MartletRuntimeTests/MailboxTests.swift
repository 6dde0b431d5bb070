// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

@Suite struct MailboxTests {
    @Test func hopsOnceForABurst() {
        let queue = DispatchQueue(label: "martlet.test.mailbox")
        let batches = Mutex<[[Int]]>([])
        let mailbox = Mailbox<Int>(queue: queue) { batch in batches.withLock { $0.append(batch) } }
        queue.suspend()
        for number in 0..<1000 { mailbox.post(number) }
        queue.resume()
        queue.sync {}
        #expect(batches.withLock { $0 } == [Array(0..<1000)])
    }

    @Test func deliversWhatIsPostedWhileReceiving() {
        let queue = DispatchQueue(label: "martlet.test.mailbox")
        let received = Mutex<[Int]>([])
        let done = DispatchSemaphore(value: 0)
        let holder = Mutex<Mailbox<Int>?>(nil)
        let mailbox = Mailbox<Int>(queue: queue) { batch in
            received.withLock { $0 += batch }
            guard let last = batch.last, last < 100 else {
                done.signal()
                return
            }
            holder.withLock { $0 }?.post(last + 1)
        }
        holder.withLock { $0 = mailbox }
        mailbox.post(0)
        done.wait(for: "the hundredth letter")
        holder.withLock { $0 = nil }
        #expect(received.withLock { $0 } == Array(0...100))
    }

    @Test func losesNothingFromManyProducersAndKeepsTheirOrder() {
        let queue = DispatchQueue(label: "martlet.test.mailbox")
        let received = Mutex<[(producer: Int, number: Int)]>([])
        let mailbox = Mailbox<(producer: Int, number: Int)>(queue: queue) { batch in
            dispatchPrecondition(condition: .onQueue(queue))
            #expect(!batch.isEmpty)
            received.withLock { $0 += batch }
        }
        DispatchQueue.concurrentPerform(iterations: 8) { producer in
            for number in 0..<5000 { mailbox.post((producer, number)) }
        }
        queue.sync {}
        let all = received.withLock { $0 }
        #expect(all.count == 40_000)
        for producer in 0..<8 {
            #expect(all.filter { $0.producer == producer }.map(\.number) == Array(0..<5000))
        }
    }
}
