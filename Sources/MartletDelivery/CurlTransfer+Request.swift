// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

extension CurlTransfer {
    /// Sets the handle to one request.
    ///
    /// - Throws: `CurlProblem` for a request that cannot be sent as it is.
    func prepare(_ job: CurlTransport.Job, connectTimeout: Duration) throws(CurlProblem) {
        let request = job.request
        self.job = job
        reading.begin(bodyLimit: request.bodyLimit)
        blocked.removeAll(keepingCapacity: true)
        permitted = 0
        hasConnection = false
        isSecondStart = false
        clearMessage()
        if isConnectionFresh != request.isSentOnce { try set(isConnectionFresh: request.isSentOnce) }
        if request.url != url { try set(url: request.url) }
        if request.tls !== tls { try set(tls: request.tls) }
        if request.proxy !== proxy { try set(proxy: request.proxy) }
        if request.proxy != nil { try judgeTarget(of: request) }
        memory.store(body: request.body)
        try set(method: request.method, hasBody: !request.body.isEmpty)
        try memory.store(headers: request.headers)
        if memory.headers != headerAddress {
            try set(CURLOPT_HTTPHEADER, pointer: memory.headers.map { UnsafeMutableRawPointer($0) })
            headerAddress = memory.headers
        }
        let isStream = request.sink != nil
        if isStream || limitsSilence {
            try set(silence: isStream ? request.timeout : nil, connectTimeout: connectTimeout)
        }
        if !isStream { try set(timeout: request.timeout, connectTimeout: connectTimeout) }
    }

    /// The longest silence in place of a limit for the whole time; nil for none.
    private func set(silence: Duration?, connectTimeout: Duration) throws(CurlProblem) {
        timeout = 0
        try set(CURLOPT_TIMEOUT_MS, 0)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(connectTimeout.wholeMilliseconds, 1)))
        try set(CURLOPT_LOW_SPEED_LIMIT, silence == nil ? 0 : 1)
        try set(CURLOPT_LOW_SPEED_TIME, Int(silence?.components.seconds ?? 0))
        limitsSilence = silence != nil
    }

    var isAnswerGood: Bool {
        var status = 0
        return martlet_curl_easy_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK
            && (200..<300).contains(status)
    }

    func set(timeout whole: Duration, connectTimeout: Duration) throws(CurlProblem) {
        // Zero would mean no limit at all.
        let milliseconds = min(max(whole.wholeMilliseconds, 1), Int64(Int32.max))
        guard milliseconds != timeout else { return }
        timeout = 0
        try set(CURLOPT_TIMEOUT_MS, Int(milliseconds))
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(milliseconds, max(connectTimeout.wholeMilliseconds, 1))))
        timeout = milliseconds
    }

    private func set(url text: String) throws(CurlProblem) {
        // A NUL would cut the text for libcurl, which refuses the other control characters but encodes no space.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw CurlProblem(failure: .other, detail: "the URL has a space or control character; percent-encode it")
        }
        url = ""
        try set(CURLOPT_URL, text)
        url = text
    }

    private func set(method name: String, hasBody: Bool) throws(CurlProblem) {
        // `POST` and `POST with a body` are one setting; `GET` with a body is not libcurl's own `GET`.
        let wanted = name == "POST" || !hasBody ? name : "\(name) with a body"
        if wanted != method {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else {
                throw CurlProblem(failure: .other, detail: "the method must be capital letters, such as POST")
            }
            method = ""
            try set(CURLOPT_NOBODY, 0)
            try set(CURLOPT_CUSTOMREQUEST, nil)
            switch wanted {
            case "GET": try set(CURLOPT_HTTPGET, 1)
            case "HEAD": try set(CURLOPT_NOBODY, 1)
            case "POST": try set(CURLOPT_POST, 1)
            default:
                try set(CURLOPT_POST, 1)
                try set(CURLOPT_CUSTOMREQUEST, name)
            }
            method = wanted
            bodyAddress = nil
        }
        guard wanted != "GET", wanted != "HEAD" else { return }
        if bodyAddress == nil || bodyAddress != memory.body.baseAddress {
            try set(CURLOPT_POSTFIELDS, pointer: memory.body.baseAddress.map { UnsafeMutableRawPointer($0) })
            bodyAddress = memory.body.baseAddress
        }
        try check(
            martlet_curl_easy_setopt_off_t(
                easy,
                CURLOPT_POSTFIELDSIZE_LARGE,
                curl_off_t(job?.request.body.count ?? 0)
            )
        )
    }
}
