// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

/// Requests that leave through the egress proxy.
extension CurlTransfer {
    func set(proxy wanted: EgressProxy?) throws(CurlProblem) {
        try set(CURLOPT_PROXY, wanted?.url ?? "")
        try set(CURLOPT_PROXYHEADER, pointer: nil)
        curl_slist_free_all(proxyHeaders)
        proxyHeaders = nil
        if let wanted {
            // No part of HTTP (RFC 9112 appendix C.2.2), but libcurl would send it.
            try append(proxyHeader: "Proxy-Connection:")
            // Written here, because libcurl's versions differ in whether they percent-decode a proxy's user.
            if let authorization = wanted.authorization {
                let value = authorization.withExposedBytes { String(decoding: $0, as: UTF8.self) }
                try append(proxyHeader: "Proxy-Authorization: \(value)")
            }
            try set(CURLOPT_PROXYHEADER, pointer: UnsafeMutableRawPointer(proxyHeaders))
        }
        proxy = wanted
    }

    private func append(proxyHeader line: String) throws(CurlProblem) {
        guard let longer = curl_slist_append(proxyHeaders, line) else {
            throw CurlProblem(failure: .other, detail: "libcurl has no memory for a header")
        }
        proxyHeaders = longer
    }

    /// Judges the address that the URL itself states; a name is resolved by the proxy, and there its address is judged.
    func judgeTarget(of request: OutboundRequest) throws(CurlProblem) {
        switch try ProxiedTarget(url: request.url) {
        case .name: return
        case .address(let address) where request.egress.permits(address): return
        case .address(let address): throw .blocked(address)
        case .neither:
            throw CurlProblem(failure: .blocked, detail: "the URL's host could be read as an address in disguise")
        }
    }

    /// Whether an answer came from the proxy itself: 407 is nobody else's (RFC 9110 section 15.5.8).
    ///
    /// Inside a tunnel every answer is the subscriber's.
    func isProxyChallenge(_ status: Int) -> Bool {
        guard status == 407, let request = job?.request, request.proxy != nil else { return false }
        return !url.isHTTPS
    }

    /// Whether the way to the proxy or the proxy itself failed, as opposed to what lies behind it.
    func isProxyTrouble(_ code: CURLcode) -> Bool {
        guard job?.request.proxy != nil else { return false }
        // Only a 407 comes here with a whole answer.
        if code == CURLE_OK || reading.isCut { return true }
        guard !hasConnection else { return false }
        var answer = 0
        var connections = 0
        guard martlet_curl_easy_getinfo_long(easy, CURLINFO_HTTP_CONNECTCODE, &answer) == CURLE_OK,
            martlet_curl_easy_getinfo_long(easy, CURLINFO_NUM_CONNECTS, &connections) == CURLE_OK
        else { return true }
        // With a tunnel open, TLS with the subscriber failed. A proxy that says nothing to CONNECT is most likely
        // waiting for the subscriber itself, as it does for one that is switched off.
        let isTunnelOpen = (200..<300).contains(answer)
        let isWaitingForTunnel = code == CURLE_OPERATION_TIMEDOUT && connections > 0 && answer == 0
        return !isTunnelOpen && !isWaitingForTunnel
    }

    func proxyMessage(for code: CURLcode) -> String {
        code == CURLE_OK || reading.isCut ? "it wants other credentials (407)" : message(for: code)
    }
}

extension String {
    fileprivate var isHTTPS: Bool { prefix(6).lowercased() == "https:" }
}
