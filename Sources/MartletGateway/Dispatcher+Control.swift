// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletEngine

/// The admin API sees the dispatcher through this narrow protocol only.
extension Dispatcher: EndpointControl {}

/// Likewise the way out of quarantine.
extension IngestService: QuarantineControl {}

/// Likewise replays.
extension Replayer: ReplayControl {}
