// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore
import MartletWire

/// One easy handle with the memory that libcurl reads and writes while a transfer runs; used for one transfer after
/// another.
///
/// Belongs to its transport's queue. libcurl's callbacks get it unretained: the transport holds it from before the
/// handle is added until after it is removed. Freed only when the handle is in no multi handle.
final class CurlTransfer {
    let easy: UnsafeMutableRawPointer
    /// Outlives every transfer and every connection.
    let transport: Unmanaged<CurlTransport>
    var memory = RequestMemory()
    private let errorText: UnsafeMutablePointer<CChar>

    var job: CurlTransport.Job?
    var startedAt = Timestamp(milliseconds: 0)
    var began = ContinuousClock.now
    var reading: ResponseReading

    /// The addresses that the policy refused and the number it let through, in this transfer.
    var blocked: [IPAddress] = []
    var permitted = 0

    /// A connection that the policy permits is open, and the request goes out on it.
    var hasConnection = false

    /// This request has been started a second time.
    var isSecondStart = false
    /// This start makes a connection of its own instead of taking one from the pool.
    var isConnectionFresh = false

    // What the handle is set to, so that the next transfer changes only what differs.
    var url = ""
    var method = ""
    var timeout: Int64 = 0
    var limitsSilence = false
    var bodyAddress: UnsafeMutablePointer<UInt8>?
    var headerAddress: UnsafeMutablePointer<curl_slist>?
    var tls: EndpointTLS?
    var proxy: EgressProxy?
    /// Header lines for the proxy alone.
    var proxyHeaders: UnsafeMutablePointer<curl_slist>?
    /// The folder of the system's authorities that libcurl was built with; nil when a file takes their place.
    private(set) var authorityFolder: String?

    /// - Throws: `CurlProblem` when there is no memory, or libcurl was built without something Martlet needs.
    init(
        transport: Unmanaged<CurlTransport>,
        limits: CurlLimits,
        caFile: String?,
        userAgent: String
    ) throws(CurlProblem) {
        guard let easy = curl_easy_init() else {
            throw CurlProblem(failure: .other, detail: "libcurl has no memory for another handle")
        }
        self.easy = easy
        self.transport = transport
        reading = ResponseReading(limits: limits)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setFixedOptions(limits: limits, caFile: caFile, userAgent: userAgent)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(proxyHeaders)
        errorText.deallocate()
        memory.free()
    }

    /// The options that are the same for every request.
    private func setFixedOptions(limits: CurlLimits, caFile: String?, userAgent: String) throws(CurlProblem) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try set(CURLOPT_ERRORBUFFER, pointer: UnsafeMutableRawPointer(errorText))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_NOPROGRESS, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // The empty text also keeps the proxy variables of the environment out (CURLOPT_PROXY(3)).
        try set(CURLOPT_PROXY, "")
        // Likewise NO_PROXY, which would send a request that counts on the proxy straight to its target.
        try set(CURLOPT_NOPROXY, "")
        // A proxy's answer to CONNECT is no part of the subscriber's; nor does the proxy see the request's headers.
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try set(CURLOPT_DNS_CACHE_TIMEOUT, Int(limits.nameCacheTime.components.seconds))
        try set(CURLOPT_NETRC, 0)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_USERAGENT, userAgent)
        // Otherwise a timed-out transfer waits, blocking the loop, for the resolver's thread to finish.
        try set(CURLOPT_QUICK_EXIT, 1)
        if let caFile {
            try set(CURLOPT_CAINFO, caFile)
            // libcurl would go on to trust the system's folder as well.
            try set(CURLOPT_CAPATH, nil)
        } else {
            var folder: UnsafeMutablePointer<CChar>?
            try check(martlet_curl_easy_getinfo_string(easy, CURLINFO_CAPATH, &folder))
            authorityFolder = folder.map { String(cString: $0) }
        }
        try check(martlet_curl_easy_setopt_write(easy, CURLOPT_WRITEFUNCTION, Self.receiveBody))
        try set(CURLOPT_WRITEDATA, pointer: context)
        try check(martlet_curl_easy_setopt_write(easy, CURLOPT_HEADERFUNCTION, Self.receiveHeader))
        try set(CURLOPT_HEADERDATA, pointer: context)
        try check(martlet_curl_easy_setopt_opensocket(easy, Self.openSocket))
        try set(CURLOPT_OPENSOCKETDATA, pointer: context)
        // Connections keep this function and its data, and outlive the handle that made them.
        try check(martlet_curl_easy_setopt_closesocket(easy, Self.closeSocket))
        try set(CURLOPT_CLOSESOCKETDATA, pointer: transport.toOpaque())
        try check(martlet_curl_easy_setopt_prereq(easy, Self.confirmAddress))
        try set(CURLOPT_PREREQDATA, pointer: context)
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlProblem) {
        try check(martlet_curl_easy_setopt_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: String?) throws(CurlProblem) {
        try check(martlet_curl_easy_setopt_string(easy, option, value))
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(CurlProblem) {
        try check(martlet_curl_easy_setopt_pointer(easy, option, pointer))
    }

    func check(_ code: CURLcode) throws(CurlProblem) {
        guard code != CURLE_OK else { return }
        throw CurlProblem(
            failure: .other,
            detail: "libcurl refused an option: \(String(cString: curl_easy_strerror(code)))"
        )
    }

    /// libcurl's message for the failed transfer.
    func message(for code: CURLcode) -> String {
        errorText.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
    }

    func clearMessage() { errorText.pointee = 0 }
}
