// SPDX-License-Identifier: Apache-2.0
import Glibc
package import MartletRuntime

/// A listener that could not start: address, cause and remedy.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    package var address: ListenAddress
    package var cause: SystemError

    package init(address: ListenAddress, cause: SystemError) {
        self.address = address
        self.cause = cause
    }

    package var description: String {
        let remedy =
            switch cause.code {
            case EADDRINUSE: "another process listens there: stop it, or set `listen` to another port"
            case EACCES: "not permitted: use a port above 1023, or grant CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL: "this machine does not have the address: set `listen` to one of its own"
            case EAFNOSUPPORT: "the machine has no such address family: set `listen` to an IPv4 address"
            case EMFILE, ENFILE: "too many open files: raise the limit (ulimit -n, LimitNOFILE)"
            default: "check `listen` and the machine's network"
            }
        return "cannot listen on \(address): \(cause). Remedy: \(remedy)."
    }
}
