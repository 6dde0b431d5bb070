// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// The lists of payments and payouts (providers.md section 4.7).
///
/// The dates stand in the body, which is signed, and the cursor in the query.
extension Cryptomus: SweptProvider {
    package func list(_ request: ListRequest, with tools: PollTools) async -> ListAnswer {
        let kinds = listedKinds
        guard let place = ListPlace(request.cursor, among: kinds) else {
            return .page(ListedPage(objects: [], rows: 0))
        }
        if let moment = gate.enter(at: request.now) { return .deferred(moment - request.now) }
        let answer = await ask(place, request, through: tools.transport)
        if let problem = answer.problem {
            return request.failed(problem, retryAfter: answer.retryAfter, through: gate)
        }
        switch read(answer.body, at: place, request) {
        case .success(let page): return .page(page)
        case .failure(let unreadable): return request.failed(unreadable.problem, through: gate)
        }
    }

    /// What can be asked for: payments with the payment key, payouts with the payout key.
    var listedKinds: [Kind] {
        guard merchant != nil else { return [] }
        return [(Kind.payment, paymentKey), (.payout, payoutKey)].filter { !($0.1?.isEmpty ?? true) }.map(\.0)
    }

    /// A list and the provider's cursor in it; written `payout:CURSOR`.
    private struct ListPlace {
        var kind: Kind
        var cursor: String?
        /// The list after this one.
        var following: Kind?

        /// Nil if there is nothing to list any more.
        init?(_ text: String?, among kinds: [Kind]) {
            let parts = text?.split(separator: ":", maxSplits: 1).map { String($0) } ?? []
            let named = parts.first.flatMap { Kind(rawValue: $0) }
            guard let index = text == nil ? kinds.indices.first : kinds.firstIndex(where: { $0 == named }) else {
                return nil
            }
            kind = kinds[index]
            cursor = parts.count == 2 ? parts[1] : nil
            following = kinds.dropFirst(index + 1).first
        }

        /// Where the next page begins.
        func next(_ cursor: String?) -> String? {
            // A cursor that does not move would never come to an end.
            if let cursor, cursor != self.cursor { return "\(kind.rawValue):\(cursor)" }
            return following?.rawValue
        }
    }

    private func ask(
        _ place: ListPlace,
        _ request: ListRequest,
        through transport: any Transport
    ) async -> ProviderAnswer {
        let key = (place.kind == .payout ? payoutKey : paymentKey) ?? Secret([])
        var json = JSONWriter(capacity: 96)
        json.beginObject()
        json.member("date_from", Self.dateText(request.since))
        json.member("date_to", Self.dateText(request.until))
        json.endObject()
        let query = place.cursor.map { "?cursor=\(ProviderInterface.encode($0))" } ?? ""
        let sign = String(decoding: CryptomusSignature.digest(of: json.bytes, key: key), as: UTF8.self)
        return await ProviderInterface(base: apiBase).ask(
            "POST",
            "/v1/\(place.kind.rawValue)/list\(query)",
            headers: [("content-type", "application/json"), ("merchant", merchant ?? ""), ("sign", sign)],
            body: json.bytes,
            through: transport
        )
    }

    /// `2026-11-21 22:00:00`: the clock of UTC+3, whichever zone the gateway is in.
    static func dateText(_ moment: Timestamp) -> String {
        String((moment + .hours(3)).rfc3339.prefix(19)).replacing("T", with: " ")
    }

    // MARK: reading

    private struct Unreadable: Error { var problem: AskProblem }

    private func read(_ answer: [UInt8], at place: ListPlace, _ request: ListRequest) -> Result<ListedPage, Unreadable>
    {
        guard let root = try? JSONReader.readObject(answer).object else { return .failure(.init(problem: .nonsense)) }
        if let state = root["state"], state.textOrDigits != "0" { return .failure(.init(problem: .unsuccessful)) }
        guard let result = root["result"]?.object, case .array(let items) = result["items"] else {
            return .failure(.init(problem: .nonsense))
        }
        var page = ListedPage(objects: [], rows: items.count)
        for item in items {
            do throws(Refusal) {
                guard let object = item.object else { throw Refusal(.invalidField, "a row must be an object") }
                let listed = try listed(place.kind, JSONMembers(object: object), request)
                if let listed { page.objects.append(listed) }
            } catch {
                page.unreadable += 1
            }
        }
        if page.rows > 0, page.unreadable == page.rows { return .failure(.init(problem: .nonsense)) }
        let cursor = result["paginate"]?.object?["nextCursor"]?.string
        page.next = place.next(cursor?.isEmpty ?? true ? nil : cursor)
        return .success(page)
    }

    /// One row; nil where no callback is due, or where it lies outside of what was asked for.
    private func listed(
        _ kind: Kind,
        _ members: JSONMembers,
        _ request: ListRequest
    ) throws(Refusal) -> ListedObject? {
        let uuid = try members.text("uuid")
        // Payments state it under either name, payouts under the first.
        let status = try members.text(members.value("status") == nil ? "payment_status" : "status")
        let isFinal = members.value("is_final") == .bool(true)
        if let text = try members.optionalText("created_at"), let createdAt = Timestamp(rfc3339: text),
            !request.covers(createdAt)
        {
            return nil
        }
        // The provider calls once something is paid, not while it waits.
        let meaning = Self.meaning(of: status, isPayout: kind == .payout, isFinal: isFinal)
        if meaning.type == .paymentAwaiting { return nil }
        guard uuid.isUUID else { throw Refusal(.invalidField, "uuid must be a UUID") }
        var json = JSONWriter(capacity: 96)
        json.beginObject()
        json.member("kind", kind.rawValue)
        json.member("uuid", uuid)
        json.endObject()
        let listed = ListedObject(
            id: uuid,
            merchantOrderID: try members.optionalText("order_id"),
            status: status,
            isFinal: isFinal,
            registration: json.bytes
        )
        return listed
    }
}
