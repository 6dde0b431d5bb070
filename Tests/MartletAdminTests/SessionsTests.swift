// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire
import Testing

@testable import MartletAdmin

@Suite struct SessionsTests {
    private let now = Timestamp(milliseconds: 1_795_000_000_000)

    @Test func aSessionIsFoundUntilItHasBeenIdleForTwelveHours() throws {
        let sessions = Sessions()
        let (id, begun) = try sessions.begin(keyDigest: [1], origin: "http://a", at: now)
        #expect(id.utf8.count == 64)
        #expect(begun.token != id)
        let later = now + Sessions.idleLimit - .milliseconds(1)
        #expect(sessions.find(id, at: later)?.token == begun.token)
        // In use again, so its twelve hours begin anew.
        #expect(sessions.find(id, at: later + Sessions.idleLimit - .milliseconds(1)) != nil)
        #expect(sessions.find(id, at: later + Sessions.idleLimit * 2) == nil)
        #expect(sessions.count == 0)
    }

    @Test func anEndedSessionAndAnInventedOneAreNotFound() throws {
        let sessions = Sessions()
        let (id, _) = try sessions.begin(keyDigest: [1], origin: nil, at: now)
        sessions.end(id)
        #expect(sessions.find(id, at: now) == nil)
        #expect(sessions.find("", at: now) == nil)
    }

    @Test func placesAreBoundedAndTheLongestIdleGoesFirst() throws {
        let sessions = Sessions()
        let first = try sessions.begin(keyDigest: [1], origin: nil, at: now).id
        let second = try sessions.begin(keyDigest: [1], origin: nil, at: now + .milliseconds(1)).id
        for number in 2..<Sessions.places {
            _ = try sessions.begin(keyDigest: [UInt8(number / 30)], origin: nil, at: now + .milliseconds(Int64(number)))
        }
        _ = sessions.find(first, at: now + .seconds(60))
        _ = try sessions.begin(keyDigest: [99], origin: nil, at: now + .seconds(61))
        #expect(sessions.count == Sessions.places)
        #expect(sessions.find(first, at: now + .seconds(62)) != nil)
        #expect(sessions.find(second, at: now + .seconds(62)) == nil)
    }

    @Test func aKeyHasSoManyAndThoseThatNobodyUsesGiveWay() throws {
        let sessions = Sessions()
        for _ in 0..<Sessions.placesOfOneKey { _ = try sessions.begin(keyDigest: [1], origin: nil, at: now) }
        #expect(throws: Sessions.Full(seconds: 840)) {
            try sessions.begin(keyDigest: [1], origin: nil, at: now + .seconds(60))
        }
        let other = try sessions.begin(keyDigest: [2], origin: nil, at: now + .seconds(60)).id
        let later = now + Sessions.givesWayAfter
        _ = try sessions.begin(keyDigest: [1], origin: nil, at: later)
        #expect(sessions.count == Sessions.placesOfOneKey + 1)
        #expect(sessions.isOpen(other, at: later), "of another key")
    }

    @Test func aSessionEndsAfterAWeekHoweverMuchItIsUsed() throws {
        let sessions = Sessions()
        let id = try sessions.begin(keyDigest: [1], origin: nil, at: now).id
        var moment = now
        while moment + .seconds(36_000) < now + Sessions.lifetime {
            moment = moment + .seconds(36_000)
            #expect(sessions.find(id, at: moment) != nil)
        }
        #expect(sessions.find(id, at: now + Sessions.lifetime) == nil)
    }

    @Test func lookingIsNoUseAndKeysTakeTheirSessionsAlong() throws {
        let sessions = Sessions()
        let id = try sessions.begin(keyDigest: [1], origin: nil, at: now).id
        let other = try sessions.begin(keyDigest: [2], origin: nil, at: now).id
        #expect(sessions.isOpen(id, at: now + Sessions.idleLimit - .milliseconds(1)))
        #expect(!sessions.isOpen(id, at: now + Sessions.idleLimit))
        sessions.keep { $0 == [2] }
        #expect(!sessions.isOpen(id, at: now) && sessions.isOpen(other, at: now))
    }

    @Test(arguments: [
        ("martlet_session=ab", "ab"),
        ("a=b; martlet_session=ab ;c=d", "ab"),
        ("martlet_session=plain; __Host-martlet_session=secure", "secure"),
        ("martlet_sessions=ab", nil),
        ("martlet_session", nil),
        ("", nil),
    ])
    func theCookieIsReadAmongOthers(field: String, id: String?) {
        let request = HTTPRequest(method: "GET", target: "/", headers: HeaderFields([("Cookie", field)]))
        #expect(SessionCookie.id(in: request) == id)
    }
}
