// SPDX-License-Identifier: Apache-2.0
import CCurl
import MartletCore

/// Why a transfer brought no HTTP answer: a class for counting and a message for people.
struct CurlProblem: Error, Equatable {
    var failure: NetworkFailure
    /// Never a payload or a header's value.
    var detail: String

    static func blocked(_ address: IPAddress) -> CurlProblem {
        let detail = "\(address) is in a network that deliveries must not reach unless allowNetworks lists it"
        return CurlProblem(failure: .blocked, detail: detail)
    }
}

extension NetworkFailure {
    /// The class of a libcurl error (libcurl-errors(3)).
    ///
    /// What only the transfer knows, such as a blocked address, is decided before this is asked.
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .dns
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_NO_CONNECTION_AVAILABLE:
            self = .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED,
            CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_CLIENTCERT:
            self = .tls
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
            self = .reset
        case CURLE_ABORTED_BY_CALLBACK:
            // Without a blocked address: the peer reset the connection before its address could be read and judged.
            self = .reset
        default:
            self = .other
        }
    }
}
