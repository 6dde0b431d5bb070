// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Glibc
import MartletRuntime
import Synchronization
import Testing

extension EventLoop {
    /// Runs several calls without a round of the loop between them.
    fileprivate func perform<Result: Sendable>(
        _ body: @Sendable (isolated EventLoop) throws -> Result
    ) rethrows -> Result { try body(self) }

    /// The next readiness of a descriptor, which is then no longer watched.
    fileprivate func next(_ descriptor: Int32, _ interest: Interest) async throws -> Readiness {
        let (stream, continuation) = AsyncStream<Readiness>.makeStream()
        try watch(descriptor, for: interest) { readiness in
            self.assumeIsolated { $0.unwatch(descriptor) }
            continuation.yield(readiness)
        }
        var iterator = stream.makeAsyncIterator()
        return try #require(await iterator.next())
    }
}

/// A count that handlers share.
private final class Tally: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    @discardableResult func add() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }
}

extension DescriptorTests {
    @Suite struct EventLoopTests {
        @Test func reportsReadinessForReadingAndWriting() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (near, far) = try connectedSockets()
            #expect(try await loop.next(near, .write) == .writable)
            writeByte(far)
            #expect(try await loop.next(near, .read) == .readable)
            #expect(try await loop.next(near, [.read, .write]) == [.readable, .writable])
            shutdown(far, Int32(SHUT_WR))
            #expect(try await loop.next(near, [.read, .peerClosed]).contains(.peerClosed))
            close(far)
            #expect(try await loop.next(near, .read).contains(.hungUp))
            close(near)
            await loop.shutDown()
        }

        @Test func changesWhatItWatchesFor() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (near, far) = try connectedSockets()
            let (stream, continuation) = AsyncStream<EventLoop.Readiness>.makeStream()
            try await loop.watch(near, for: .read) { readiness in
                loop.assumeIsolated { $0.unwatch(near) }
                continuation.yield(readiness)
            }
            try await loop.change(near, to: .write)
            var iterator = stream.makeAsyncIterator()
            #expect(await iterator.next() == .writable)
            for unwatched in [near, far, -1, 100_000] {
                await #expect(throws: SystemError(operation: "epoll_ctl", code: ENOENT)) {
                    try await loop.change(unwatched, to: .read)
                }
            }
            close(near)
            close(far)
            await loop.shutDown()
        }

        @Test func callsNobodyWhoWasUnwatchedInTheSameRound() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (first, firstFar) = try connectedSockets()
            let (second, secondFar) = try connectedSockets()
            let calls = Tally()
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            writeByte(firstFar)
            writeByte(secondFar)
            try await loop.perform { loop in
                for descriptor in [first, second] {
                    try loop.watch(descriptor, for: .read) { [unowned loop] _ in
                        calls.add()
                        loop.assumeIsolated { loop in
                            loop.unwatch(first)
                            loop.unwatch(second)
                        }
                        continuation.yield()
                    }
                }
            }
            var iterator = stream.makeAsyncIterator()
            await iterator.next()
            // A round that certainly comes later.
            #expect(try await loop.next(first, .read) == .readable)
            #expect(calls.value == 1)
            for descriptor in [first, firstFar, second, secondFar] { close(descriptor) }
            await loop.shutDown()
        }

        @Test(arguments: [true, false])
        func doesNotGiveEventsToTheNextOwnerOfANumber(unwatchesFirst: Bool) async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (lowFirst, firstFar) = try connectedSockets()
            let (lowSecond, secondFar) = try connectedSockets()
            let (first, second) = (try outOfReach(lowFirst), try outOfReach(lowSecond))
            let (quiet, quietFar) = try connectedSockets()
            let rounds = Tally()
            let stale = Tally()
            let (stream, continuation) = AsyncStream<Int32>.makeStream()
            writeByte(firstFar)
            writeByte(secondFar)
            try await loop.perform { loop in
                for (descriptor, other) in [(first, second), (second, first)] {
                    try loop.watch(descriptor, for: .read) { [unowned loop] _ in
                        guard rounds.add() == 1 else { return }
                        loop.assumeIsolated { loop in
                            loop.unwatch(descriptor)
                            if unwatchesFirst { loop.unwatch(other) }
                            close(other)
                            dup2(quiet, other)
                            do {
                                try loop.watch(other, for: .read) { _ in stale.add() }
                            } catch {
                                Issue.record(error)
                            }
                        }
                        continuation.yield(other)
                    }
                }
            }
            var iterator = stream.makeAsyncIterator()
            let victim = try #require(await iterator.next())
            #expect(try await loop.next(victim == first ? second : first, .read) == .readable)
            #expect(stale.value == 0)
            #expect(rounds.value == 1)
            writeByte(quietFar)
            #expect(try await loop.next(victim, .read) == .readable)
            for descriptor in [first, firstFar, second, secondFar, quiet, quietFar] { close(descriptor) }
            await loop.shutDown()
        }

        /// The same socket under a number that no other test of this process is given meanwhile: the kernel hands out
        /// the lowest free one, and these tests close a number and use it again.
        private func outOfReach(_ descriptor: Int32) throws -> Int32 {
            let high = fcntl(descriptor, F_DUPFD_CLOEXEC, 900)
            try #require(high >= 900)
            close(descriptor)
            return high
        }

        @Test func survivesADescriptorClosedBehindItsBack() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (low, far) = try connectedSockets()
            let near = try outOfReach(low)
            let (other, otherFar) = try connectedSockets()
            try await loop.watch(near, for: .read) { _ in Issue.record("the closed descriptor was reported") }
            close(near)
            await loop.unwatch(near)
            await loop.unwatch(near)
            await loop.unwatch(-1)
            await loop.unwatch(100_000)
            for bad in [near, -1] {
                await #expect(throws: SystemError(operation: "epoll_ctl", code: EBADF)) {
                    try await loop.watch(bad, for: .read) { _ in }
                }
            }
            dup2(other, near)
            writeByte(otherFar)
            #expect(try await loop.next(near, .read) == .readable)
            for descriptor in [near, far, other, otherFar] { close(descriptor) }
            await loop.shutDown()
        }

        @Test func servesMoreDescriptorsThanFitInOneRound() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (near, far) = try connectedSockets()
            writeByte(far)
            var descriptors: [Int32] = []
            for _ in 0..<300 {
                let descriptor = dup(near)
                try #require(descriptor >= 0)
                descriptors.append(descriptor)
            }
            let (stream, continuation) = AsyncStream<Int32>.makeStream()
            let watched = descriptors
            try await loop.perform { loop in
                for descriptor in watched {
                    try loop.watch(descriptor, for: .read) { [unowned loop] _ in
                        loop.assumeIsolated { $0.unwatch(descriptor) }
                        continuation.yield(descriptor)
                    }
                }
            }
            var seen: [Int32] = []
            for await descriptor in stream {
                seen.append(descriptor)
                if seen.count == watched.count { break }
            }
            #expect(seen.sorted() == watched.sorted())
            for descriptor in watched + [near, far] { close(descriptor) }
            await loop.shutDown()
        }

        @Test func isShutDownForGood() async throws {
            let loop = try EventLoop(label: "martlet.test.loop")
            let (near, far) = try connectedSockets()
            try await loop.watch(near, for: .read) { _ in Issue.record("a loop that is shut down reported") }
            await loop.shutDown()
            await loop.shutDown()
            writeByte(far)
            await loop.unwatch(near)
            await #expect(throws: SystemError(operation: "epoll_ctl", code: EBADF)) {
                try await loop.watch(near, for: .read) { _ in }
            }
            await #expect(throws: SystemError.self) { try await loop.change(near, to: .write) }
            close(near)
            close(far)
        }

        @Test func givesItsDescriptorBack() async throws {
            func epollSets() throws -> Int {
                let folder = "/proc/self/fd"
                return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                    return target == "anon_inode:[eventpoll]"
                }
            }
            let before = try epollSets()
            for _ in 0..<200 { await (try EventLoop(label: "martlet.test.loop")).shutDown() }
            // Other suites run loops of their own at the same time, hence the margin; the sets are closed by the
            // cancel handlers, some moments later.
            while try epollSets() > before + 100 { await Task.yield() }
        }

        @Test func describesASystemError() {
            let error = SystemError(operation: "epoll_ctl", code: EBADF)
            #expect(error.description == "epoll_ctl: Bad file descriptor (errno 9)")
        }
    }
}
