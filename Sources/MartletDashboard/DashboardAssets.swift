// SPDX-License-Identifier: Apache-2.0

/// A file of the dashboard as a browser gets it.
package struct DashboardAsset: Sendable {
    /// The name under `/assets/`.
    package let name: String
    package let mediaType: String
    package let bytes: [UInt8]

    private init(_ name: String, _ mediaType: String, _ bytes: [UInt8]) {
        self.name = name
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

extension DashboardAsset {
    fileprivate static func script(_ name: String, _ bytes: [UInt8]) -> DashboardAsset {
        DashboardAsset("\(name).js", "text/javascript; charset=utf-8", bytes)
    }

    fileprivate static func style(_ name: String, _ bytes: [UInt8]) -> DashboardAsset {
        DashboardAsset("\(name).css", "text/css; charset=utf-8", bytes)
    }

    fileprivate static let page = DashboardAsset("index.html", "text/html; charset=utf-8", PackageResources.index_html)
    fileprivate static let icon = DashboardAsset("icon.svg", "image/svg+xml", PackageResources.icon_svg)
}

/// The files of the dashboard, as they are in `assets`; the package manager embeds them in the executable.
package enum DashboardAssets {
    package static let all: [DashboardAsset] = [
        .page,
        .icon,
        .style("base", PackageResources.base_css),
        .style("parts", PackageResources.parts_css),
        .script("main", PackageResources.main_js),
        .script("api", PackageResources.api_js),
        .script("dom", PackageResources.dom_js),
        .script("format", PackageResources.format_js),
        .script("words", PackageResources.words_js),
        .script("parts", PackageResources.parts_js),
        .script("dialog", PackageResources.dialog_js),
        .script("list", PackageResources.list_js),
        .script("live", PackageResources.live_js),
        .script("kept", PackageResources.kept_js),
        .script("lasthour", PackageResources.lasthour_js),
        .script("bulk", PackageResources.bulk_js),
        .script("session", PackageResources.session_js),
        .script("overview", PackageResources.overview_js),
        .script("events", PackageResources.events_js),
        .script("eventtable", PackageResources.eventtable_js),
        .script("event", PackageResources.event_js),
        .script("callback", PackageResources.callback_js),
        .script("deliveries", PackageResources.deliveries_js),
        .script("replays", PackageResources.replays_js),
        .script("endpoints", PackageResources.endpoints_js),
        .script("endpointactions", PackageResources.endpointactions_js),
        .script("endpointform", PackageResources.endpointform_js),
        .script("quarantine", PackageResources.quarantine_js),
        .script("watches", PackageResources.watches_js),
        .script("sources", PackageResources.sources_js),
        .script("keys", PackageResources.keys_js),
        .script("audit", PackageResources.audit_js),
    ]
}
