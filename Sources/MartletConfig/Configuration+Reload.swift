// SPDX-License-Identifier: Apache-2.0

extension Configuration {
    /// The keys whose change a running gateway cannot take over: what is bound or opened at the start.
    ///
    /// - Returns: keys such as `ingest.listen`, in the order of the file; empty if a reload takes over everything.
    package func changesNeedingRestart(from old: Configuration) -> [String] {
        var keys: [String] = []
        if ingest.listen != old.ingest.listen { keys.append("ingest.listen") }
        if ingest.maxBodyBytes != old.ingest.maxBodyBytes { keys.append("ingest.maxBodyBytes") }
        if ingest.trustedProxies != old.ingest.trustedProxies { keys.append("ingest.trustedProxies") }
        if admin.listen != old.admin.listen { keys.append("admin.listen") }
        if store != old.store { keys.append("store") }
        return keys
    }
}
