// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What every `EventStore` must do, as cases that any implementation can run.
///
/// A test target runs them with one parameterised test over `EventStoreConformance.cases`; a case fails by throwing.
package enum EventStoreConformance {
    /// Opens stores over one storage that was empty at first.
    package struct Harness: Sendable {
        /// Opens the storage; called again after `close` it must find what was stored.
        package var open: @Sendable (Options) async throws -> any EventStore

        package init(open: @escaping @Sendable (Options) async throws -> any EventStore) { self.open = open }
    }

    /// How a case wants its store.
    package struct Options: Sendable {
        package var limits = QuarantineLimits()
        package var maxWaitingWrites = 8192
        /// What the store seals secrets with.
        package var sealing = Samples.sealing
    }

    /// One rule with its test.
    package struct Case: Sendable, CustomStringConvertible {
        package let name: String
        package let options: Options
        let body: @Sendable (any EventStore, Harness) async throws -> Void
        package var description: String { name }

        init(
            _ name: String,
            options: Options = Options(),
            body: @escaping @Sendable (any EventStore, Harness) async throws -> Void
        ) {
            self.name = name
            self.options = options
            self.body = body
        }

        /// Runs the case against a fresh store and closes it, whatever comes of it.
        ///
        /// - Throws: `ConformanceFailure`, or what the store threw.
        package func run(_ harness: Harness) async throws {
            let store = try await harness.open(options)
            do {
                try await body(store, harness)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    package static let cases: [Case] =
        captureCases + concurrencyCases + deliveryCases + endpointCases + feedCases + operatorCases + refusedCases
        + quarantineCases + queryCases + listCases + sourceCases + replayCases + replayEndCases
        + replaySelectionCases + sweepCases + upkeepCases + keepingCases
        + watchCases + watchEndCases + watchClockCases + idempotencyCases + keyCases + auditCases
        + managedEndpointCases + sealingCases
        + expungingCases
}

/// A rule that a store broke.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let description: String
}

func check(
    _ condition: Bool,
    _ rule: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) throws {
    if !condition { throw ConformanceFailure(description: "\(file):\(line): \(rule())") }
}

func checkEqual<Value: Equatable>(
    _ actual: Value,
    _ expected: Value,
    _ rule: @autoclosure () -> String = "values differ",
    file: StaticString = #fileID,
    line: UInt = #line
) throws {
    try check(actual == expected, "\(rule()): got \(actual), expected \(expected)", file: file, line: line)
}

func unwrap<Value>(
    _ value: Value?,
    _ rule: @autoclosure () -> String = "a value is missing",
    file: StaticString = #fileID,
    line: UInt = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure(description: "\(file):\(line): \(rule())") }
    return value
}

/// The store's writes for callers that may wait.
extension EventStore {
    package func capture(_ capture: Capture) async throws(StoreError) -> CaptureOutcome {
        try await result { self.capture(capture, completion: $0) }.get()
    }

    package func capture(_ capture: Capture, releasing row: QuarantineID) async throws(StoreError) -> CaptureOutcome? {
        try await result { self.capture(capture, releasing: row, completion: $0) }.get()
    }

    package func quarantine(_ callback: QuarantinedCallback) async throws(StoreError) {
        try await result { self.quarantine(callback, completion: $0) }.get()
    }

    package func keep(_ hint: KeptHint) async throws(StoreError) {
        try await result { self.keep(hint, completion: $0) }.get()
    }

    package func record(_ record: AttemptRecord, announcing: [Capture] = []) async throws(StoreError) {
        try await result { self.record([record], announcing: announcing, completion: $0) }.get()
    }

    package func save(
        _ health: EndpointHealth.Saved,
        of endpoint: EndpointID,
        announcing: [Capture] = [],
        noting: [NewAuditEntry] = []
    ) async throws(StoreError) {
        try await result { self.save(health, of: endpoint, announcing: announcing, noting: noting, completion: $0) }
            .get()
    }

    package func noteUse(of key: KeyID, at moment: Timestamp) async throws(StoreError) {
        try await result { self.noteUse(of: key, at: moment, completion: $0) }.get()
    }

    package func claimDue(
        _ endpoint: EndpointID,
        now: Timestamp,
        limit: Int = 100,
        includingRaw: Bool = false
    ) async throws(StoreError) -> ClaimedBatch {
        try await result {
            self.claimDue(endpoint, now: now, limit: limit, includingRaw: includingRaw, completion: $0)
        }.get()
    }

    package func release(_ deliveries: [DeliveryID], of endpoint: EndpointID) async throws(StoreError) {
        try await result { self.release(deliveries, of: endpoint, completion: $0) }.get()
    }

    private func result<Value: Sendable>(
        _ start: (@escaping Completion<Value>) -> Void
    ) async -> Result<Value, StoreError> {
        await Wait.value("the store's answer") { done in start { done($0) } }
    }
}
