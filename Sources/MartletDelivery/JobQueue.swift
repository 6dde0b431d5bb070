// SPDX-License-Identifier: Apache-2.0

/// Requests that wait for a free transfer, first come first served.
struct JobQueue {
    private var jobs: [CurlTransport.Job?] = []
    private var head = 0

    var isEmpty: Bool { head == jobs.count }

    mutating func append(_ job: CurlTransport.Job) { jobs.append(job) }

    mutating func popFirst() -> CurlTransport.Job? {
        guard head < jobs.count else { return nil }
        let job = jobs[head]
        jobs[head] = nil
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= jobs.count {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }
}
