// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

@testable import MartletAdmin

/// What may be asked of a new key, and by whom.
struct KeyWishTests {
    private static let boss = Caller(name: "boss", role: .admin, shops: nil)

    private func wish(_ body: String, of caller: Caller = boss) throws -> KeyWish {
        let object = try #require(try JSONReader.read(Array(body.utf8)).object)
        return try KeyWish(object, of: caller, knownShops: ["nordic", "tashkent"])
    }

    @Test func readsWhatIsAsked() throws {
        let full = try wish(#"{"name":"ci","role":"viewer","shops":["nordic"],"expiresIn":"90d"}"#)
        #expect(full.name == "ci" && full.role == .viewer && full.shops == ["nordic"])
        #expect(full.lifetime == .seconds(90 * 86_400))
        let least = try wish(#"{"name":"ci-2_x","role":"admin"}"#)
        #expect(least.shops == nil && least.lifetime == nil)
        #expect(try wish(#"{"name":"ci","role":"admin","shops":["*"],"expiresIn":null}"#).shops == nil)
    }

    @Test(arguments: [
        (#"{"role":"viewer"}"#, "name"), (#"{"name":"","role":"viewer"}"#, "name"),
        (#"{"name":"CI","role":"viewer"}"#, "name"), (#"{"name":"-ci","role":"viewer"}"#, "name"),
        (#"{"name":"a/b","role":"viewer"}"#, "name"), (#"{"name":"gateway","role":"viewer"}"#, "name"),
        (#"{"name":"ci"}"#, "role"), (#"{"name":"ci","role":"root"}"#, "role"), (#"{"name":"ci","role":7}"#, "role"),
        (#"{"name":"ci","role":"viewer","shops":[]}"#, "shops"),
        (#"{"name":"ci","role":"viewer","shops":"nordic"}"#, "shops"),
        (#"{"name":"ci","role":"viewer","shops":["nordik"]}"#, "shops"),
        (#"{"name":"ci","role":"viewer","shops":[null]}"#, "shops"),
        (#"{"name":"ci","role":"viewer","expiresIn":"1s"}"#, "expiresIn"),
        (#"{"name":"ci","role":"viewer","expiresIn":90}"#, "expiresIn"),
        (#"{"name":"ci","role":"viewer","expiresIn":"99999d"}"#, "expiresIn"),
    ])
    func namesTheMemberThatBreaksARule(body: String, field: String) {
        #expect {
            try wish(body)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == 400 && problem?.field == field && problem?.remedy != nil
        }
    }

    /// Every pair of rights: a key makes those that may do and see no more than itself.
    @Test(arguments: AdminRole.allCases, AdminRole.allCases)
    func noKeyMakesOneThatMayDoMore(own: AdminRole, wanted: AdminRole) throws {
        let limits: [[String]?] = [nil, ["nordic"], ["tashkent"], ["nordic", "tashkent"]]
        for ownShops in limits {
            for wantedShops in limits {
                let caller = Caller(name: "k", role: own, shops: ownShops.map { Set($0) })
                var json = JSONWriter()
                json.beginObject()
                json.member("name", "new")
                json.member("role", wanted.rawValue)
                if let wantedShops { json.member("shops", strings: wantedShops) }
                json.endObject()
                let isMore = ownShops.map { own in wantedShops.map { !Set($0).isSubset(of: own) } ?? true } ?? false
                let body = String(decoding: json.bytes, as: UTF8.self)
                do {
                    _ = try wish(body, of: caller)
                    #expect(own.includes(wanted) && !isMore, "\(caller) made \(body)")
                } catch let problem as Problem {
                    #expect(problem.status == 403 && (!own.includes(wanted) || isMore), "\(caller) and \(body)")
                }
            }
        }
    }

    /// Else a key for an hour could make one for good, and outlive its own end by that.
    @Test func aKeyThatEndsMakesNoneThatLastsLonger() throws {
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        let lasting = try wish(#"{"name":"ci","role":"viewer"}"#)
        let short = try wish(#"{"name":"ci","role":"viewer","expiresIn":"1h"}"#)
        #expect(try lasting.end(of: Self.boss, from: now) == nil)
        #expect(try short.end(of: Self.boss, from: now) == now + .seconds(3600))
        var guest = Self.boss
        guest.expiresAt = now + .seconds(3600)
        #expect(try short.end(of: guest, from: now) == now + .seconds(3600))
        for (wish, moment) in [(lasting, now), (short, now + .milliseconds(1))] {
            let problem = #expect(throws: Problem.self) { try wish.end(of: guest, from: moment) }
            #expect(problem?.status == 403 && problem?.field == "expiresIn")
        }
    }
}
