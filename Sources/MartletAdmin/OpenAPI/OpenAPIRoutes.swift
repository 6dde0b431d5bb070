// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletWire

/// `/v1/openapi.json`: this API for programs; and the descriptions of the pages that are open to everybody.
enum OpenAPIRoutes {
    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        .json { $0.raw(OpenAPIDocument.bytes) }
    }

    static let descriptions: [String: RouteDescription] = [
        "GET /healthz": RouteDescription(
            "getHealth",
            "Whether the process lives.",
            answers: [.text(200, "It does")]
        ),
        "GET /readyz": RouteDescription(
            "getReadiness",
            "Whether callbacks may be sent here.",
            answers: [.text(200, "They may"), .text(503, "The gateway starts or stops, or its store is in trouble")]
        ),
        "GET /metrics": RouteDescription(
            "getMetrics",
            "Metrics as Prometheus reads them.",
            answers: [.text(200, "Prometheus text format 0.0.4")]
        ),
        "GET /v1/openapi.json": RouteDescription(
            "getOpenAPI",
            "This document.",
            answers: [.json(.openObject(["openapi": .word([OpenAPIDocument.version])]))]
        ),
    ]
}
