// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Replays as the admin API describes them, for a person.
enum ReplayPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table([
            "REPLAY", "STATE", "TOTAL", "LEFT", "WAITING", "DELIVERED", "DEAD", "BY", "CREATED", "REASON",
        ])
        for replay in rows(list["data"]) {
            table.add([
                text(replay["id"]), text(replay["state"]), text(replay["total"]), text(replay["left"]),
                text(replay["waiting"]), text(replay["delivered"]), text(replay["dead"]), text(replay["createdBy"]),
                text(replay["createdAt"]), text(replay["reason"]),
            ])
        }
        return table.render(whenEmpty: "No replays.")
    }

    /// `rpl_7 running: 1200 of 4000 made, 1180 delivered, 20 waiting`.
    static func line(_ replay: JSONObject) -> String {
        func count(_ name: String) -> String { text(replay[name]) ?? "0" }
        var line = "\(text(replay["id"]) ?? "-") \(text(replay["state"]) ?? "-"): "
        line +=
            "\(count("made")) of \(count("total")) made, \(count("delivered")) delivered, \(count("waiting")) waiting"
        for name in ["dead", "cancelled", "gone", "unneeded"] where count(name) != "0" {
            line += ", \(count(name)) \(name)"
        }
        if count("otherShop") != "0" { line += ", \(count("otherShop")) of another shop" }
        return Table.printable(line)
    }

    static func page(_ replay: JSONObject) -> String {
        let lines: [(String, String?)] = [
            ("replay", text(replay["id"])), ("state", text(replay["state"])), ("reason", text(replay["reason"])),
            ("filter", filter(replay["filter"]?.object)), ("per second", text(replay["ratePerSecond"])),
            ("by", text(replay["createdBy"])), ("created", text(replay["createdAt"])),
            ("finished", text(replay["finishedAt"])),
        ]
        let head = lines.map { name, value in
            name + String(repeating: " ", count: max(0, 12 - name.count)) + Table.printable(value ?? "-") + "\n"
        }.joined()
        var table = Table([
            "ENDPOINT", "TOTAL", "LEFT", "MADE", "WAITING", "DELIVERED", "DEAD", "CANCELLED", "GONE", "UNNEEDED",
            "OTHER SHOP",
        ])
        for part in rows(replay["endpoints"]) {
            table.add([
                text(part["endpoint"]), text(part["total"]), text(part["left"]), text(part["made"]),
                text(part["waiting"]), text(part["delivered"]), text(part["dead"]), text(part["cancelled"]),
                text(part["gone"]), text(part["unneeded"]), text(part["otherShop"]),
            ])
        }
        return head + "\n" + table.render(whenEmpty: "No endpoints.")
    }

    /// What a dry run found.
    static func survey(_ answer: JSONObject) -> String {
        let total = text(answer["total"]) ?? "0"
        let noun = total == "1" ? "delivery" : "deliveries"
        var head = "\(total) \(noun) would be made, in \(text(answer["seconds"]) ?? "0") s or more.\n"
        let notes = [
            ("missing", "of them the endpoint never had"),
            ("withoutRaw", "of them would say \"raw\": null, since retention.raw has removed the callback"),
            ("otherShop", "more are left out: their endpoint no longer gets the events of that shop"),
        ]
        for (name, note) in notes {
            guard let count = text(answer[name]), count != "0" else { continue }
            head += "\(count) \(note).\n"
        }
        var endpoints = Table(["ENDPOINT", "TOTAL", "STATE"])
        for part in rows(answer["endpoints"]) {
            endpoints.add([text(part["endpoint"]), text(part["total"]), text(part["state"]) ?? "not configured"])
        }
        let sample = rows(answer["sample"])
        let missing = rows(answer["missingSample"])
        if sample.isEmpty, missing.isEmpty { return head }
        var deliveries = Table(["DELIVERY", "STATE", "ATTEMPTS", "LAST", "CREATED", "ENDPOINT", "TYPE", "EVENT"])
        for delivery in sample {
            deliveries.add([
                text(delivery["id"]), text(delivery["state"]), text(delivery["attemptCount"]),
                text(delivery["lastOutcome"]), text(delivery["createdAt"]), text(delivery["endpoint"]),
                text(delivery["eventType"]), text(delivery["event"]),
            ])
        }
        var events = Table(["EVENT", "TYPE", "SOURCE", "SHOP", "ORDER", "RECEIVED"])
        for event in missing {
            events.add([
                text(event["id"]), text(event["type"]), text(event["source"]), text(event["shop"]),
                text(event["merchantOrderId"]), text(event["receivedAt"]),
            ])
        }
        var page = head + "\n" + endpoints.render(whenEmpty: "")
        if !sample.isEmpty { page += "\nthe oldest of them\n\n" + deliveries.render(whenEmpty: "") }
        if !missing.isEmpty { page += "\nthe oldest that it never had\n\n" + events.render(whenEmpty: "") }
        return page
    }

    /// `state dead, skipped; endpoint ledger`.
    private static func filter(_ filter: JSONObject?) -> String? {
        filter?.members.map { member in
            var value = text(member.value)
            if case .array(let elements) = member.value {
                value = elements.compactMap(\.string).joined(separator: ", ")
            }
            return "\(member.name) \(value ?? "-")"
        }.joined(separator: "; ")
    }

    private static func rows(_ value: JSONValue?) -> [JSONObject] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap(\.object)
    }

    /// A text or a number as it stands; nil for anything else.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        // Rates are written with a fraction even where they have none.
        case .number(let text): text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        default: nil
        }
    }
}
