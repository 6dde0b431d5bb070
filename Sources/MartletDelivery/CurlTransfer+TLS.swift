// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

/// An endpoint's own authorities and client certificate.
///
/// libcurl compares both before it lends a pooled connection or resumes a TLS session, so endpoints at one host that
/// differ in them share neither.
extension CurlTransfer {
    func set(tls wanted: EndpointTLS?) throws(CurlProblem) {
        try set(CURLOPT_CAINFO_BLOB, blob: wanted?.authorities)
        // libcurl would trust the system's folder besides.
        try set(CURLOPT_CAPATH, wanted?.authorities == nil ? authorityFolder : nil)
        try set(CURLOPT_SSLCERT_BLOB, blob: wanted?.identity?.certificate)
        if let key = wanted?.identity?.key {
            try key.withExposedBytes { bytes throws(CurlProblem) in try set(CURLOPT_SSLKEY_BLOB, blob: bytes) }
        } else {
            try set(CURLOPT_SSLKEY_BLOB, blob: nil)
        }
        tls = wanted
    }

    private func set(_ option: CURLoption, blob bytes: [UInt8]?) throws(CurlProblem) {
        guard let bytes else { return try check(martlet_curl_easy_setopt_blob(easy, option, nil, 0)) }
        // Nothing would be taken for the absence of a setting, and the system's authorities trusted.
        guard !bytes.isEmpty else {
            throw CurlProblem(failure: .tls, detail: "a certificate or key of \"tls\" is empty")
        }
        try check(martlet_curl_easy_setopt_blob(easy, option, bytes, bytes.count))
    }
}
