// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletCore
import MartletEngine
import MartletNet

extension Configuration {
    /// The sources that have a hook.
    var pushingSources: [Topology.Source] {
        sources.compactMap { settings in
            settings.push.map { provider in
                Topology.Source(
                    provider: provider,
                    shops: Set(settings.routing.rules.map(\.shop) + [settings.routing.fallback]),
                    shop: { settings.shop(forOrder: $0) }
                )
            }
        }
    }

    /// The sources whose providers can be asked.
    var watchedSources: [WatchedSource] {
        sources.compactMap { settings in
            settings.watched.map { provider in
                WatchedSource(
                    provider: provider,
                    hook: hook(of: settings.id),
                    shops: Set(settings.routing.rules.map(\.shop) + [settings.routing.fallback]),
                    shop: { settings.shop(forOrder: $0) }
                )
            }
        }
    }

    var ingestLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.body = ingest.maxBodyBytes
        limits.exempt = ingest.trustedProxies
        return limits
    }

    var adminKeys: [MartletAdmin.AdminKey] {
        admin.keys.map { key in
            let role: AdminRole =
                switch key.role {
                case .viewer: .viewer
                case .operator: .operator
                case .admin: .admin
                }
            return MartletAdmin.AdminKey(name: key.name, key: key.key, role: role, shops: key.shops)
        }
    }

    var engineRetention: MartletEngine.Retention {
        MartletEngine.Retention(
            events: retention.events,
            raw: retention.raw,
            quarantine: retention.quarantine,
            dedupe: retention.dedupe,
            audit: retention.audit
        )
    }
}

extension ListenSetting {
    var address: ListenAddress { ListenAddress(host: host, port: port) }
}
