// SPDX-License-Identifier: Apache-2.0
import MartletCrypto
import MartletDashboard
import MartletNet
import MartletWire

/// The dashboard's page and what it is made of; all of it is the same for everybody and holds no data.
enum DashboardPages {
    private struct Page: Sendable {
        var response: HTTPResponse
        var tag: String
    }

    /// Nothing but what this listener serves: no inline script or style, no frame, no other host.
    static let contentPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
        form-action 'self'; frame-ancestors 'none'; base-uri 'none'
        """

    private static let pages: [String: Page] = Dictionary(
        uniqueKeysWithValues: DashboardAssets.all.map { asset in
            let tag = "\"\(Hex.encode(Array(Digest.sha256(asset.bytes)[..<16])))\""
            let headers = HeaderFields([
                ("Content-Type", asset.mediaType),
                ("ETag", tag),
                // Asked for each time and seldom sent: a new version is in force at once.
                ("Cache-Control", "no-cache"),
                ("Content-Security-Policy", contentPolicy),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ])
            return (
                asset.name, Page(response: HTTPResponse(status: 200, headers: headers, body: asset.bytes), tag: tag)
            )
        }
    )

    @Sendable static func index(_ call: AdminCall) async throws -> HTTPResponse { try page("index.html", call) }

    @Sendable static func asset(_ call: AdminCall) async throws -> HTTPResponse { try page(call.id, call) }

    private static func page(_ name: String, _ call: AdminCall) throws(Problem) -> HTTPResponse {
        guard let page = pages[name] else {
            throw Problem(404, "the dashboard has no file \"\(name.prefix(64))\"", remedy: "open / instead")
        }
        guard !isKnown(page.tag, to: call.request) else {
            // RFC 9110 section 15.4.5: the fields that a cache would update, and no body.
            let response = page.response
            return HTTPResponse(status: 304, headers: response.headers)
        }
        return page.response
    }

    private static func isKnown(_ tag: String, to request: HTTPRequest) -> Bool {
        request.headers.all("If-None-Match").contains { field in
            field.split(separator: ",").contains { candidate in
                let text = candidate.drop { $0 == " " }
                // RFC 9110 section 13.1.2: compared weakly.
                return text == "*" || text == tag[...] || text == "W/\(tag)"[...]
            }
        }
    }
}
