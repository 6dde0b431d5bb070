// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// The list of orders (providers.md section 3.7).
///
/// That it takes a date range and a status is documented; the names of its parameters and members are not. What is
/// assumed about them stands in `listPath` and `ListedRows` and nowhere else.
extension SpectroCoin: SweptProvider {
    static let rowsOfPage = 100

    package func list(_ request: ListRequest, with tools: PollTools) async -> ListAnswer {
        let place = ListPlace(request.cursor)
        if let moment = gate.enter(at: request.now) { return .deferred(moment - request.now) }
        let path = Self.listPath(request, page: place.page)
        let answer = await get(path, at: request.now, through: tools.transport)
        if let problem = answer.problem {
            return request.failed(problem, retryAfter: answer.retryAfter, through: gate)
        }
        guard let rows = ListedRows(answer.body) else { return request.failed(.nonsense, through: gate) }
        var page = ListedPage(objects: [], rows: rows.rows.count)
        for row in rows.rows {
            switch row {
            case nil: page.unreadable += 1
            case .some(let row) where request.covers(row.createdAt) && row.isCalledAbout:
                page.objects.append(row.listed)
            case .some: break
            }
        }
        // The same page once more: the provider does not heed the number that it is asked for.
        let isRepeat = rows.mark == place.mark
        if !isRepeat, rows.rows.count >= Self.rowsOfPage { page.next = "\(place.page + 1):\(rows.mark)" }
        return .page(page)
    }

    /// Days, since no time zone is documented.
    static func listPath(_ request: ListRequest, page: Int) -> String {
        let (first, last) = (request.since.rfc3339.prefix(10), request.until.rfc3339.prefix(10))
        return "/api/public/merchants/orders?dateFrom=\(first)&dateTo=\(last)&page=\(page)&size=\(rowsOfPage)"
    }

    /// The number of a page, from 0, and what the page before began with; written `1:MARK`.
    private struct ListPlace {
        var page = 0
        var mark: String?

        init(_ cursor: String?) {
            let parts = cursor?.split(separator: ":", maxSplits: 1) ?? []
            guard parts.count == 2, let page = Int(parts[0]) else { return }
            self.page = page
            mark = String(parts[1])
        }
    }
}

/// The rows of an answer: a list, or an object that holds one.
private struct ListedRows {
    struct Row {
        var id: String
        var orderID: String?
        var status: String
        var createdAt: Timestamp

        /// No callback is sent for a new order (providers.md section 3.4).
        var isCalledAbout: Bool { status != "NEW" }

        var listed: ListedObject {
            var json = JSONWriter(capacity: 64)
            json.beginObject()
            json.member("id", id)
            json.endObject()
            return ListedObject(
                id: id,
                merchantOrderID: orderID,
                hasOtherID: true,
                status: status,
                registration: json.bytes
            )
        }
    }

    /// Nil for one that cannot be read; without its date an order of long ago might be taken for a new one.
    var rows: [Row?]
    /// What the page begins with.
    var mark: String

    init?(_ answer: [UInt8]) {
        guard let value = try? JSONReader.read(answer), let elements = Self.elements(value) else { return nil }
        rows = elements.map { $0.object.flatMap { Self.row($0) } }
        mark = elements.first?.object?["id"]?.textOrDigits ?? ""
        if !rows.isEmpty, rows.allSatisfy({ $0 == nil }) { return nil }
    }

    private static func elements(_ value: JSONValue) -> [JSONValue]? {
        if case .array(let elements) = value { return elements }
        for name in ["orders", "content", "items", "data"] {
            if case .array(let elements) = value.object?[name] { return elements }
        }
        return nil
    }

    private static func row(_ object: JSONObject) -> Row? {
        guard let id = object["id"]?.string, id.isUUID, let status = object["status"]?.textOrDigits, !status.isEmpty,
            let createdAt = moment(object)
        else { return nil }
        return Row(
            id: id.lowercased(),
            orderID: object["orderId"]?.string,
            status: SpectroCoin.status(status).name,
            createdAt: createdAt
        )
    }

    /// Text in the form of RFC 3339, or milliseconds or seconds since 1970.
    private static func moment(_ object: JSONObject) -> Timestamp? {
        let names = ["createdAt", "created", "createdOn", "creationDate", "dateCreated"]
        guard let value = names.lazy.compactMap({ object[$0] }).first(where: { $0 != .null }) else { return nil }
        switch value {
        case .string(let text): return Timestamp(rfc3339: text)
        case .number(let digits):
            guard let number = Int64(digits) else { return nil }
            return Timestamp(milliseconds: digits.utf8.count > 11 ? number : number * 1000)
        default: return nil
        }
    }
}
