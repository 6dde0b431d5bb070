// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletWire
import Testing

@testable import MartletProviders

struct HyPeTests {
    static func invoice(totalTiyin: String? = nil) throws -> HyPe.Invoice {
        let stored = try #require(Vectors.file("hype")["stored_invoice"] as? [String: String])
        return HyPe.Invoice(
            number: try #require(stored["merchant_order_id"]),
            store: try #require(stored["store"]),
            totalTiyin: try #require(UInt64(totalTiyin ?? stored["total_tiyin"] ?? "")),
            issuedOn: try #require(stored["registered_on"])
        )
    }

    static func read(_ run: HyPe.Run, _ state: HyPe.State = HyPe.State()) throws -> HyPe.Reading {
        HyPe.read(
            run,
            invoice: try invoice(),
            state: state,
            source: SourceID(provider: "hype", id: "uz-main"),
            receivedAt: Vectors.sampleTime
        )
    }

    static func read(_ output: String, _ state: HyPe.State = HyPe.State()) throws -> HyPe.Reading {
        try read(HyPe.Run(exitCode: 0, output: Array(output.utf8)), state)
    }

    @Test(arguments: try Vectors.cases("hype"))
    func readsAsComputed(_ testCase: VectorCase) throws {
        let members = try testCase.members
        let result = try #require(members["result"] as? [String: Any])
        let before = try #require(members["state_before"] as? [String: Any])
        var output = Array((result["stdout"] as? String ?? "").utf8)
        if let encoded = result["stdout_base64"] as? String {
            output = Array(try #require(Data(base64Encoded: encoded)))
        }
        let run = HyPe.Run(
            exitCode: Int32(try #require(result["exit_code"] as? Int)),
            timedOut: try #require(result["timed_out"] as? Bool),
            output: output
        )
        let reading = try Self.read(
            run,
            HyPe.State(
                lastStatus: before["last_status"] as? String,
                knownIdentifier: before["known_identifier"] as? String
            )
        )
        let expect = try testCase.expect
        #expect(reading.next.rawValue == expect["next"] as? String, "\(testCase.id)")
        switch reading.outcome {
        case .accepted(let event):
            #expect(expect["verdict"] as? String == "accepted", "\(testCase.id)")
            #expect(expect["emitted"] as? Bool == (event != nil), "\(testCase.id)")
            if let event { try Vectors.check(event, expect["event"], testCase.id) }
        case .rejected(let reason):
            #expect(expect["verdict"] as? String == "rejected", "\(testCase.id)")
            #expect(expect["reason"] as? String == reason.rawValue, "\(testCase.id)")
        }
    }

    @Test(arguments: try Vectors.cases("hype", "sequences"))
    func followsSequences(_ sequence: VectorCase) throws {
        var state = HyPe.State()
        for step in try #require(sequence.members["steps"] as? [[String: Any]]) {
            let reading = try Self.read(try #require(step["stdout"] as? String), state)
            guard case .accepted(let event) = reading.outcome else {
                Issue.record("\(sequence.id): rejected")
                return
            }
            #expect(event?.type.rawValue == step["emitted"] as? String, "\(sequence.id)")
            #expect(reading.next.rawValue == step["next"] as? String, "\(sequence.id)")
            state = reading.state
        }
    }

    @Test func countsInTiyin() throws {
        for row in try #require(Vectors.file("hype")["amount_cases"] as? [[String: String]]) {
            let reading = HyPe.read(
                HyPe.Run(exitCode: 0, output: Array("{\"status\":\"created\"}".utf8)),
                invoice: try Self.invoice(totalTiyin: row["total_tiyin"]),
                state: HyPe.State(),
                source: SourceID(provider: "hype", id: "uz-main"),
                receivedAt: Vectors.sampleTime
            )
            #expect(reading.event?.money.ordered?.amount.canonical == row["amount"])
        }
    }

    @Test(arguments: [
        (#"log line\n{"status":"created"}"#, HyPe.Rejection.noValidOutput),
        ("{\"status\":\"created\"} x", .noValidOutput),
        (#"{"status":"created","fault":"server_error"}"#, .ambiguousResult), (#"{"fault":7}"#, .ambiguousResult),
        (#"{"status":""}"#, .ambiguousResult), (#"{"status":null}"#, .ambiguousResult),
        (#"{"status":"created","identifier":5}"#, .ambiguousResult),
        ("\u{FEFF}{\"status\":\"created\"}", .noValidOutput),
    ])
    func rejectsWhatItCannotBelieve(_ output: String, _ reason: HyPe.Rejection) throws {
        let reading = try Self.read(output)
        #expect(reading.outcome == .rejected(reason))
        #expect(reading.next == .pollAgain)
    }

    @Test func believesAStatusOnlyWithExitCodeZero() throws {
        let run = HyPe.Run(exitCode: 1, output: Array(#"{"status":"completed_success"}"#.utf8))
        #expect(try Self.read(run).outcome == .rejected(.ambiguousResult))
    }

    @Test func boundsTheOutput() throws {
        let output = #"{"status":"created"}"# + String(repeating: " ", count: HyPe.outputLimit)
        #expect(try Self.read(output).outcome == .rejected(.noValidOutput))
    }

    @Test func remembersTheIdentifier() throws {
        let first = try Self.read(#"{"identifier":"TX-1","status":"created"}"#)
        #expect(first.state.knownIdentifier == "TX-1")
        #expect(first.event?.providerObjectID == "TX-1")
        let later = try Self.read(#"{"identifier":"","status":"reached"}"#, first.state)
        #expect(later.event?.providerObjectID == "TX-1")
        let other = try Self.read(#"{"identifier":"TX-2","fault":"server_error"}"#, first.state)
        #expect(other.outcome == .rejected(.identifierMismatch))
        #expect(other.next == .holdEngineer)
    }

    @Test func reportsTwelveTransientFaultsInARowOnce() throws {
        var state = HyPe.State(lastStatus: "reached")
        var events: [Event] = []
        for round in 1...15 {
            let reading = try Self.read("{\"fault\":\"\(round % 2 == 0 ? "unspecified" : "server_error")\"}", state)
            #expect(reading.next == .pollAgain)
            if let event = reading.event {
                #expect(round == 12)
                events.append(event)
            }
            state = reading.state
        }
        #expect(events.map(\.failureReason) == ["transient"])
        #expect(events.first?.providerStatus == "reached")
        #expect(try Self.read(#"{"status":"reached"}"#, state).state.transientFaults == 0)
    }

    @Test func reportsAnUnknownFaultOnce() throws {
        let first = try Self.read(#"{"fault":"odd"}"#)
        #expect(first.event?.detail == "odd")
        #expect(first.event?.failureReason == "transient+engineering")
        #expect(first.next == .pollAgain)
        #expect(try Self.read(#"{"fault":"odd"}"#, first.state).event == nil)
    }
}

extension HyPe.Reading {
    fileprivate var event: Event? {
        if case .accepted(let event) = outcome { return event }
        return nil
    }
}
