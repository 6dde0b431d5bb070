// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletSimulator
import MartletWire
import Synchronization

/// Prints what happens in a simulation, a line each, and the totals at its end.
final class SimulationPrinter: Sendable {
    private let json: Bool
    private let hasHeader = Mutex(false)

    init(json: Bool) { self.json = json }

    func print(_ news: SimulationNews) {
        if json { return Console.output(Self.object(news)) }
        let header = hasHeader.withLock { hasHeader in
            defer { hasHeader = true }
            return hasHeader ? "" : Self.columns("ORDER", "STATUS", "COPY", "OUTCOME")
        }
        Console.output(header + Self.row(news))
    }

    func print(_ totals: SimulationTotals) {
        Console.output(json ? Self.object(totals) : Self.sentence(totals))
    }

    // MARK: for a person

    private static func row(_ news: SimulationNews) -> String {
        switch news {
        case .made(let order): columns(order.id, "-", "-", "made, \(order.merchantOrderID)")
        case .notified(let order, let status, let copy, let outcome):
            columns(order, status, String(copy), sentence(outcome))
        case .ended(let order, let change):
            columns(
                order.id,
                change.status,
                "-",
                "ended" + change.amounts.map { ", \($0.name) \($0.value)" }.joined()
            )
        case .notRegistered(let order, let reason): columns(order, "-", "-", "not registered: \(reason)")
        }
    }

    private static func columns(_ order: String, _ status: String, _ copy: String, _ outcome: String) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let line = "\(padded(order, 38))\(padded(status, 18))\(padded(copy, 6))\(outcome)"
        return Table.printable(line) + "\n"
    }

    private static func sentence(_ outcome: SimulationNews.Outcome) -> String {
        switch outcome {
        case .lost: "lost"
        case .answered(let status): "answered \(status)"
        case .unanswered(let failure): "unanswered (\(failure.rawValue))"
        }
    }

    private static func sentence(_ totals: SimulationTotals) -> String {
        let answers = totals.answered.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }
        return """
            orders \(totals.orders), ended \(totals.ended), not registered \(totals.notRegistered); \
            notifications \(totals.notifications), lost \(totals.lost), duplicated \(totals.duplicated), \
            reordered \(totals.reordered); sent \(totals.sent), unanswered \(totals.unanswered), \
            answered \(answers.isEmpty ? "0" : answers.joined(separator: ", ")); interface calls \(totals.calls)\n
            """
    }

    // MARK: for a program

    private static func object(_ news: SimulationNews) -> String {
        line { json in
            switch news {
            case .made(let order):
                json.member("kind", "made")
                json.member("order", order.id)
                json.member("merchantOrderId", order.merchantOrderID)
            case .notified(let order, let status, let copy, let outcome):
                json.member("kind", "notification")
                json.member("order", order)
                json.member("status", status)
                json.member("copy", integer: Int64(copy))
                switch outcome {
                case .lost: json.member("outcome", "lost")
                case .answered(let code):
                    json.member("outcome", "answered")
                    json.member("answer", integer: Int64(code))
                case .unanswered(let failure):
                    json.member("outcome", "unanswered")
                    json.member("error", failure.rawValue)
                }
            case .ended(let order, let change):
                json.member("kind", "ended")
                json.member("order", order.id)
                json.member("merchantOrderId", order.merchantOrderID)
                json.member("status", change.status)
                for amount in change.amounts { json.member(of: amount.name, amount.value) }
            case .notRegistered(let order, let reason):
                json.member("kind", "notRegistered")
                json.member("order", order)
                json.member("reason", reason)
            }
        }
    }

    private static func object(_ totals: SimulationTotals) -> String {
        line { json in
            json.member("kind", "summary")
            let counts = [
                ("orders", totals.orders), ("ended", totals.ended), ("notRegistered", totals.notRegistered),
                ("notifications", totals.notifications), ("lost", totals.lost), ("duplicated", totals.duplicated),
                ("reordered", totals.reordered), ("sent", totals.sent), ("unanswered", totals.unanswered),
                ("calls", totals.calls),
            ]
            for (name, count) in counts {
                json.name(of: name)
                json.integer(Int64(count))
            }
            json.name("answered")
            json.beginObject()
            for (status, count) in totals.answered.sorted(by: { $0.key < $1.key }) {
                json.name(of: String(status))
                json.integer(Int64(count))
            }
            json.endObject()
        }
    }

    private static func line(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.beginObject()
        write(&json)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
