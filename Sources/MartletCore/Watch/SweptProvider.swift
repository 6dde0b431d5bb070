// SPDX-License-Identifier: Apache-2.0

/// A watched provider that can list what it has (providers.md sections 3.7 and 4.7).
///
/// Comparing its list with what has come finds what no callback told and nobody watched.
package protocol SweptProvider: WatchedProvider {
    /// When its list is compared; nil where it is not.
    var sweptAt: DailyTime? { get }

    /// Asks for one page of the list; every failure is an answer that says when to ask again.
    func list(_ request: ListRequest, with tools: PollTools) async -> ListAnswer
}

/// A time of day in UTC, to the minute.
package struct DailyTime: Sendable, Equatable, CustomStringConvertible {
    /// Since midnight; 0 to 1439.
    package let minutes: Int64

    /// Reads `03:30`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isWritten =
            parts.count == 2
            && parts.allSatisfy { $0.utf8.count == 2 && $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
        guard isWritten, let hour = Int64(parts[0]), let minute = Int64(parts[1]), hour < 24, minute < 60 else {
            return nil
        }
        minutes = hour * 60 + minute
    }

    package var description: String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    /// The first such time after a moment.
    package func next(after moment: Timestamp) -> Timestamp {
        let (second, day) = (moment.seconds, Int64(86_400))
        let midnight = second - (second % day + day) % day
        let today = Timestamp(milliseconds: (midnight + minutes * 60) * 1000)
        return today > moment ? today : today + .seconds(day)
    }
}

/// One page of a provider's list.
package struct ListRequest: Sendable, Equatable {
    /// Objects that were created from then on, by the wall clock.
    package var since: Timestamp
    /// Objects that were created until then, by the wall clock.
    package var until: Timestamp
    /// `ListedPage.next` of the page before, in the provider's own form; nil for the first page.
    package var cursor: String?
    /// Calls in a row that brought no page.
    package var failures: Int
    /// By the clock that due times go by.
    package var now: Timestamp

    package init(since: Timestamp, until: Timestamp, cursor: String? = nil, failures: Int = 0, now: Timestamp) {
        self.since = since
        self.until = until
        self.cursor = cursor
        self.failures = failures
        self.now = now
    }
}

/// What became of the question for a page.
package enum ListAnswer: Sendable, Equatable {
    case page(ListedPage)
    /// Not asked: the source's rate, or the provider's own wish.
    case deferred(Duration)
    /// `outcome`: a word from a bounded set, such as `timeout`; `pause`: how long not to ask again.
    case failed(outcome: String, pause: Duration)
}

/// A page that was read.
package struct ListedPage: Sendable, Equatable {
    /// Those that a callback should have told of.
    package var objects: [ListedObject]
    /// All rows of the page, with those that nobody calls about.
    package var rows: Int
    /// Rows that cannot be read or placed in time; they are left alone.
    package var unreadable: Int
    /// Where the next page begins; nil after the last.
    package var next: String?

    package init(objects: [ListedObject], rows: Int, unreadable: Int = 0, next: String? = nil) {
        self.objects = objects
        self.rows = rows
        self.unreadable = unreadable
        self.next = next
    }
}

/// One order, payment or payout as a provider lists it.
package struct ListedObject: Sendable, Equatable {
    /// As events name it (`provider_object_id`).
    package var id: String
    package var merchantOrderID: String?
    /// Events of a former format name it by another number, so the merchant's is looked for as well.
    package var hasOtherID: Bool
    /// In the provider's words, as events have it.
    package var status: String
    /// Whether the provider says that it is closed.
    package var isFinal: Bool
    /// What watches it (contract.md section 7).
    package var registration: [UInt8]

    package init(
        id: String,
        merchantOrderID: String? = nil,
        hasOtherID: Bool = false,
        status: String,
        isFinal: Bool = false,
        registration: [UInt8]
    ) {
        self.id = id
        self.merchantOrderID = merchantOrderID
        self.hasOtherID = hasOtherID
        self.status = status
        self.isFinal = isFinal
        self.registration = registration
    }
}
