// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Keys as the admin API describes them, for a person.
enum KeyPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table(["KEY", "NAME", "ROLE", "SHOPS", "STATE", "LAST USED", "EXPIRES", "CREATED", "BY"])
        guard case .array(let rows) = list["data"] else { return "No keys.\n" }
        for case .object(let key) in rows {
            table.add([
                key["id"]?.string ?? "(file)", key["name"]?.string, key["role"]?.string, shops(key),
                key["state"]?.string, key["lastUsedAt"]?.string, key["expiresAt"]?.string,
                key["createdAt"]?.string, key["createdBy"]?.string,
            ])
        }
        return table.render(whenEmpty: "No keys.")
    }

    /// What a new key may do.
    static func line(_ key: JSONObject) -> String {
        let expiry = key["expiresAt"]?.string.map { "until \($0)" } ?? "until it is revoked"
        let id = key["id"]?.string ?? "-"
        let name = key["name"]?.string ?? "-"
        let role = key["role"]?.string ?? "-"
        let sentence = "\(id) (\(name)): \(role) for \(shops(key)), \(expiry). Keep the key now; it is not shown again."
        return Table.printable(sentence) + "\n"
    }

    private static func shops(_ key: JSONObject) -> String {
        guard case .array(let shops) = key["shops"] else { return "-" }
        let names = shops.compactMap(\.string)
        return names == ["*"] ? "all shops" : names.joined(separator: ", ")
    }
}
