// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

extension CurlTransfer {
    /// What the ended transfer says about the attempt.
    ///
    /// An answer counts when it came whole, or up to the bound that was set on its body. A connection that breaks
    /// after the status line but before the body's end is `reset` and no answer: the subscriber may not have finished
    /// its work, and sending again is safe.
    func result(_ code: CURLcode) -> AttemptResult {
        var result = AttemptResult(outcome: .failed(.other), startedAt: startedAt, duration: .now - began)
        if code == CURLE_OK || reading.isCut {
            var status = 0
            let read = martlet_curl_easy_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
            if read == CURLE_OK, status > 0, !isProxyChallenge(status) {
                result.outcome = .answered(status: status)
                result.headers = reading.headers
                result.body = reading.body
                return result
            }
        }
        let problem = problem(code)
        result.outcome = .failed(problem.failure)
        result.detail = problem.detail
        return result
    }

    private func problem(_ code: CURLcode) -> CurlProblem {
        // The resolver may still name a permitted address after a blocked one, so only the lack of any counts; a
        // pooled connection is refused by the check before the request.
        if code == CURLE_ABORTED_BY_CALLBACK || permitted == 0, let address = blocked.first {
            return .blocked(address)
        }
        // libcurl itself gives up on a single header line of 100 KiB, by claiming to have no memory.
        let isLineTooLong = code == CURLE_OUT_OF_MEMORY && reading.isInsideHeader
        if reading.isHeaderTooLarge || isLineTooLong {
            return CurlProblem(failure: .tooLarge, detail: "the answer's header block is larger than is read")
        }
        if isProxyTrouble(code) {
            return CurlProblem(failure: .proxy, detail: "the egress proxy: \(proxyMessage(for: code))")
        }
        return CurlProblem(failure: NetworkFailure(code), detail: message(for: code))
    }
}
