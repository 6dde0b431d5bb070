// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletCore
import MartletEngine
import Synchronization

/// The sources as the running configuration has them, for the admin API.
final class SourceBook: SourceControl {
    private let service: IngestService
    private let standings = Mutex<[SourceStanding]>([])

    init(service: IngestService) { self.service = service }

    func update(_ configuration: Configuration) {
        let sources = configuration.sources.map { settings in
            SourceStanding(
                id: settings.id,
                shops: Set(settings.routing.rules.map(\.shop) + [settings.routing.fallback]),
                receives: settings.push != nil,
                isAsked: settings.watched != nil,
                warnings: settings.warnings
            )
        }
        standings.withLock { $0 = sources.sorted { $0.id < $1.id } }
    }

    func sources() -> [SourceStanding] {
        standings.withLock { $0 }.map { standing in
            var standing = standing
            standing.lastCallback = service.lastCallback(to: standing.id)
            return standing
        }
    }
}
