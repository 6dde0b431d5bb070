// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto

extension EndpointAuthentication {
    /// The value of `authorization`, with the password or token inside.
    var headerValue: Secret {
        switch self {
        case .basic(let username, let password):
            // UTF-8 before Base64, RFC 7617 section 2.1.
            let credentials = password.withExposedBytes { Array(username.utf8) + [0x3A] + $0 }
            return Secret(Array("Basic ".utf8) + Base64.encodeToBytes(credentials))
        case .bearer(let token): return Secret(Array("Bearer ".utf8) + token.withExposedBytes { $0 })
        }
    }
}
