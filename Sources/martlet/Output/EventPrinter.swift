// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Events as the admin API describes them, for a person.
enum EventPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table(["RECEIVED", "TYPE", "SOURCE", "SHOP", "ORDER", "EVENT", "FLAGS"])
        for event in ValueText.objects(list["data"]) {
            let cells = ["receivedAt", "type", "source", "shop", "merchantOrderId", "id"].map {
                ValueText.text(event, $0)
            }
            table.add(cells + [ValueText.list(event["flags"])])
        }
        return table.render(whenEmpty: "No events.")
    }

    static func page(_ event: JSONObject) -> String {
        func line(_ title: String, _ name: String) -> String {
            let padding = String(repeating: " ", count: 11 - title.count)
            return title + padding + Table.printable(ValueText.text(event, name) ?? "-") + "\n"
        }
        var page = line("event", "id") + line("type", "type") + line("source", "source") + line("shop", "shop")
        page += line("order", "merchantOrderId") + line("object", "providerObjectId") + line("status", "providerStatus")
        page += "flags      \(ValueText.list(event["flags"]) ?? "-")\n" + line("received", "receivedAt")
        page += "\ndeliveries\n"
        page += DeliveryPrinter.table(
            ValueText.objects(event["deliveries"]),
            whenEmpty: "None: no endpoint wanted it, or a flag withheld it."
        )
        page += "\nbody\n\(ValueText.json(event["body"] ?? .null))\n\nraw callback\n"
        guard let raw = event["raw"], raw != .null else {
            return page + Table.printable(ValueText.text(event, "rawNote") ?? "not kept") + "\n"
        }
        return page + ValueText.json(raw) + "\n"
    }
}
