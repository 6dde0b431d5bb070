// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

/// Requests that a pooled connection failed, and that nothing is wrong with.
extension CurlTransfer {
    /// Whether a transfer that ended with `code` is to be added once more; if so it is ready for that.
    func mustStartAgain(_ code: CURLcode) -> Bool {
        guard !isSecondStart, isFailureOfThePool(code), let timeout = job?.request.timeout else { return false }
        let left = timeout - (.now - began)
        guard left > .zero, (try? set(timeout: left, connectTimeout: left)) != nil else { return false }
        isSecondStart = true
        hasConnection = false
        blocked.removeAll(keepingCapacity: true)
        clearMessage()
        return true
    }

    func set(isConnectionFresh isFresh: Bool) throws(CurlProblem) {
        try set(CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0)
        isConnectionFresh = isFresh
    }

    private func isFailureOfThePool(_ code: CURLcode) -> Bool {
        var connections = 0
        guard martlet_curl_easy_getinfo_long(easy, CURLINFO_NUM_CONNECTS, &connections) == CURLE_OK, connections == 0
        else { return false }
        switch code {
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            // A subscriber may close an idle connection just as a request goes out on it (RFC 9112 section 9.3.1).
            // libcurl then starts again on a fresh connection, but only five times in the life of a handle: it counts
            // without starting over at the next transfer, and ours live long. The failure that follows sets its count
            // back.
            return hasConnection && !reading.hasBegun
        case CURLE_ABORTED_BY_CALLBACK:
            // The pool lent a connection that another endpoint's `allowNetworks` had opened. The name may well have
            // an address that this endpoint may use, so it is asked afresh.
            guard permitted == 0, !blocked.isEmpty else { return false }
            return (try? set(isConnectionFresh: true)) != nil
        default: return false
        }
    }
}
