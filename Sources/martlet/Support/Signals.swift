// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// Signals as values, so that the command decides what they mean away from signal handlers.
final class SignalStream: Sendable {
    let values: AsyncStream<Int32>
    private let sources: Sources

    // Unchecked: the list is set once in init and only kept alive afterwards.
    private struct Sources: @unchecked Sendable {
        var list: [any DispatchSourceSignal]
    }

    init(_ signals: [Int32]) {
        let (values, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.values = values
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "martlet.signals")
        sources = Sources(
            list: signals.map { number in
                // The default action must be off, or the process ends before Dispatch hears of the signal.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { continuation.yield(number) }
                source.activate()
                return source
            }
        )
    }

    /// Gives the signals that stop a process back their default action: an operator who insists gets his way.
    func exitOnNextSignal() {
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}

/// The number of descriptors that the process may have.
enum DescriptorLimit {
    /// Raises the soft limit to the hard one: each connection and each attempt needs a descriptor.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
