// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Keeps the access token of one source (providers.md section 3.3, step 2): one request for it at a time.
///
/// While the provider refuses to give one, it is asked with growing pauses however many orders are due.
actor SpectroCoinAccess {
    enum Grant: Sendable, Equatable {
        case token(Secret)
        /// Why there is none, and how long it will not be asked for again.
        case none(AskProblem, pause: Duration)
    }

    private struct Held {
        var token: Secret
        var since: Timestamp
        var until: Timestamp
        /// It stands in for one that was refused.
        var isRenewed = false
    }

    private var held: Held?
    private var running: Task<Grant, Never>?
    private var failures = 0
    private var problem = AskProblem.nonsense
    private var notBefore = Timestamp(milliseconds: .min)

    /// The token to use at `now`, by the clock of the schedule; `ask` makes the request for one.
    ///
    /// `refused`: a token that the provider answered 401; nil at first. One that stands in for a refused one, and is
    /// younger than a minute, is not renewed: the client then lacks a permission, which another token would lack as well.
    func token(
        refused: Secret?,
        at now: Timestamp,
        ask: @escaping @Sendable () async -> ProviderAnswer
    ) async -> Grant {
        if let held, now < held.until, held.since <= now {
            let isInVain = held.isRenewed && now - held.since < .minutes(1)
            if held.token != refused || isInVain { return .token(held.token) }
        }
        if let running { return await running.value }
        let wait = min(notBefore, now + .days(1)) - now
        guard wait <= .zero else { return .none(problem, pause: wait) }
        let isRenewal = refused != nil
        let task = Task { self.settle(await ask(), isRenewal: isRenewal, at: now) }
        running = task
        return await task.value
    }

    private func settle(_ answer: ProviderAnswer, isRenewal: Bool, at now: Timestamp) -> Grant {
        running = nil
        held = answer.problem == nil ? Self.read(answer.body, at: now) : nil
        held?.isRenewed = isRenewal
        if let held {
            failures = 0
            return .token(held.token)
        }
        failures += 1
        problem = answer.problem ?? .nonsense
        let pause = max(PollSchedule.pause(afterFailures: failures), answer.retryAfter ?? .zero)
        notBefore = now + pause
        return .none(problem, pause: pause)
    }

    /// Used until a tenth of its life, or a minute, is left.
    private static func read(_ body: [UInt8], at now: Timestamp) -> Held? {
        guard let object = try? JSONReader.readObject(body).object, let token = object["access_token"]?.string,
            (1...8192).contains(token.utf8.count), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let stated = object["expires_in"]?.textOrDigits.flatMap { Int64($0) } ?? 300
        let life = min(max(stated, 0), 86_400)
        return Held(token: Secret(text: token), since: now, until: now + .seconds(life - min(60, life / 10)))
    }
}
