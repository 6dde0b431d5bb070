// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import MartletCore

/// libcurl calls these on the transport's queue, inside a call that the transport makes.
extension CurlTransfer {
    static let receiveBody: curl_write_callback = { bytes, size, count, context in
        guard let transfer = CurlTransfer.from(context) else { return 0 }
        let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
        if let sink = transfer.job?.request.sink, transfer.isAnswerGood {
            return sink.receive(part) ? part.count : 0
        }
        // Another number than was offered ends the transfer (CURLOPT_WRITEFUNCTION(3)).
        return transfer.reading.receive(body: part) ? part.count : 0
    }

    static let receiveHeader: curl_write_callback = { bytes, size, count, context in
        guard let transfer = CurlTransfer.from(context) else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer.reading.receive(headerLine: line) ? line.count : 0
    }

    /// Asked for each address that libcurl is about to try; after a refusal it tries the name's next one.
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let transfer = CurlTransfer.from(context), let address else { return CURL_SOCKET_BAD }
        // With a proxy it is the proxy's address, which the operator has chosen.
        guard transfer.job?.request.proxy != nil || transfer.permits(address) else { return CURL_SOCKET_BAD }
        transfer.permitted += 1
        // libcurl may have started over by itself after a pooled connection broke.
        transfer.hasConnection = false
        let type = address.pointee.socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.pointee.family, type, address.pointee.protocol)
        if descriptor >= 0 { transfer.transport.takeUnretainedValue().assumeIsolated { $0.opened(descriptor) } }
        return descriptor
    }

    /// The end of a socket that `openSocket` made; a pooled connection's too.
    static let closeSocket: curl_closesocket_callback = { context, descriptor in
        CurlTransport.from(context)?.assumeIsolated { $0.closed(descriptor) }
        return close(descriptor)
    }

    /// Asked before each request on a connection, so that a request never travels over a pooled connection that was
    /// opened under another endpoint's `allowNetworks`.
    static let confirmAddress: curl_prereq_callback = { context, remote, _, _, _ in
        guard let transfer = CurlTransfer.from(context), let remote else { return CURL_PREREQFUNC_ABORT }
        guard transfer.job?.request.proxy != nil || transfer.permits(numeric: remote) else {
            return CURL_PREREQFUNC_ABORT
        }
        transfer.hasConnection = true
        return CURL_PREREQFUNC_OK
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func permits(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return false }
        let raw = UnsafeRawPointer(address) + offset
        // The address follows family and port; in IPv6 also the flow information (ip(7), ipv6(7)).
        switch address.pointee.family {
        case AF_INET: return permits(UnsafeRawBufferPointer(start: raw + 4, count: 4))
        case AF_INET6: return permits(UnsafeRawBufferPointer(start: raw + 8, count: 16))
        default: return false
        }
    }

    private func permits(numeric text: UnsafePointer<CChar>) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 4) { bytes in
            if inet_pton(AF_INET, text, bytes.baseAddress) == 1 {
                return permits(UnsafeRawBufferPointer(rebasing: bytes[..<4]))
            }
            return inet_pton(AF_INET6, text, bytes.baseAddress) == 1 && permits(UnsafeRawBufferPointer(bytes))
        }
    }

    private func permits(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let address = IPAddress(bytes: Array(bytes)), let egress = job?.request.egress else { return false }
        if egress.permits(address) { return true }
        blocked.append(address)
        return false
    }
}
