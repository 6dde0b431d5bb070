// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// Parent of the suites that open and close descriptors by number, so that they never meet.
@Suite(.serialized, .timeLimit(.minutes(1))) enum DescriptorTests {}

/// Two connected stream sockets that do not block; the test closes them.
func connectedSockets() throws -> (Int32, Int32) {
    var pair: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &pair) == 0)
    return (pair[0], pair[1])
}

func writeByte(_ descriptor: Int32) {
    var byte: UInt8 = 1
    #expect(write(descriptor, &byte, 1) == 1)
}
