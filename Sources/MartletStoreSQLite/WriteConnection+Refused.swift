// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletWire

extension WriteConnection {
    /// Keeps a refused callback and removes the source's oldest rows beyond the limits.
    ///
    /// The source's totals are kept beside the rows, so that a flood of refusals costs no count over the table.
    func quarantine(_ refused: QuarantinedCallback, limits: QuarantineLimits) throws {
        let source = refused.source.description
        let callback = refused.callback
        try statement(.insertQuarantined)
            .run(
                source,
                refused.size,
                callback.receivedAt.milliseconds,
                refused.refusal.reason.rawValue,
                refused.refusal.detail,
                callback.method,
                callback.sourceAddress.description,
                StoredText.encode(callback.headers.withoutCredentials),
                Blob(callback.body)
            )
        try statement(.addToUsage).run(source, 1, refused.size)
        while let usage = try statement(.usage).first(source, read: { row -> (Int, Int) in (row[0], row[1]) }),
            usage.0 > limits.rows || usage.1 > limits.bytes,
            // What learning mode keeps is genuine and acknowledged: a flood of forgeries must not push it out.
            let oldest = try oldest(.oldestUnproven, of: source) ?? oldest(.oldestQuarantined, of: source)
        {
            try removeQuarantined(oldest.0, source: source, size: oldest.1)
        }
    }

    private func oldest(_ name: WriteStatement, of source: String) throws -> (Int64, Int)? {
        try statement(name).first(source) { row -> (Int64, Int) in (row[0], row[1]) }
    }

    /// An event out of quarantine: its row goes with its commit; nil if the row is gone already.
    func capture(_ capture: Capture, releasing row: QuarantineID) throws -> CaptureOutcome? {
        guard try removeQuarantined(row) else { return nil }
        return try self.capture(capture)
    }

    /// False if there is none of that number.
    func removeQuarantined(_ id: QuarantineID) throws -> Bool {
        let found = try statement(.findQuarantined).first(id.number) { row -> (String, Int) in (row[0], row[1]) }
        guard let (source, size) = found else { return false }
        try removeQuarantined(id.number, source: source, size: size)
        return true
    }

    func removeQuarantined(_ id: Int64, source: String, size: Int) throws {
        try statement(.deleteQuarantined).run(id)
        try statement(.subtractFromUsage).run(size, source)
    }

    func keep(_ kept: KeptHint) throws {
        let callback = kept.callback
        try statement(.keepHint)
            .run(
                kept.hint.source.description,
                kept.hint.objectID,
                kept.outcome,
                kept.calls,
                kept.hint.receivedAt.milliseconds,
                callback.receivedAt.milliseconds,
                callback.method,
                callback.sourceAddress.description,
                StoredText.encode(callback.headers.withoutCredentials),
                Blob(callback.body)
            )
    }

    /// What is known of an order stays where nothing new is said of it.
    ///
    /// One key seals both secrets of a row, so one that stays is sealed anew beside one that comes. One that is replaced is
    /// not opened: the key that sealed it may be lost, and to register the order again is the way out of that.
    func save(_ order: KnownOrder, of source: SourceID, _ sealer: (any SecretSealer)?) throws {
        let places = Sealing.places(ofOrder: order.objectID, of: source)
        var (orderSecret, ipnSecret, keyID): (Blob?, Blob?, String) = (nil, nil, Sealing.unsealed)
        if order.orderSecret != nil || order.ipnSecret != nil {
            let sealer = try Sealing.required(sealer)
            let secrets = try secrets(of: order, of: source, places, sealer)
            orderSecret = secrets.order.map { Blob(sealer.seal($0, for: places.order)) }
            ipnSecret = secrets.ipn.map { Blob(sealer.seal($0, for: places.ipn)) }
            keyID = sealer.keyID
        }
        try statement(.saveOrder)
            .run(
                source.description,
                order.objectID,
                order.uid,
                orderSecret,
                ipnSecret,
                order.merchantOrderID,
                order.expectedDue?.amount.canonical,
                order.expectedDue?.currency,
                keyID
            )
    }

    /// Those that are given, and in place of others those that are stored.
    private func secrets(
        of order: KnownOrder,
        of source: SourceID,
        _ places: (order: String, ipn: String),
        _ sealer: any SecretSealer
    ) throws -> (order: Secret?, ipn: Secret?) {
        if let orderSecret = order.orderSecret, let ipnSecret = order.ipnSecret { return (orderSecret, ipnSecret) }
        return try database.cachedStatement(
            sql: "SELECT order_secret, ipn_secret, sealed_by FROM orders WHERE source = ? AND object_id = ?"
        )
        .first(source.description, order.objectID) { row -> (order: Secret?, ipn: Secret?) in
            func kept(_ index: CInt, _ place: String) throws -> Secret? {
                try row.optionalBytes(index).map { try Sealing.secret($0, place, by: row[2], sealer) }
            }
            return (
                try order.orderSecret ?? kept(0, places.order),
                try order.ipnSecret ?? kept(1, places.ipn)
            )
        } ?? (order.orderSecret, order.ipnSecret)
    }
}
