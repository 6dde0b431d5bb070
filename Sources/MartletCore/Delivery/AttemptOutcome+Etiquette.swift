// SPDX-License-Identifier: Apache-2.0

/// What an answer asks of the gateway beyond "try again" (contract.md section 5).
extension AttemptOutcome {
    /// False where the failure says nothing of the endpoint: it costs neither an attempt nor good standing.
    package var isEndpointsFault: Bool {
        if case .failed(let failure) = self { return failure.isEndpointsFault }
        return true
    }

    /// Answers 429, 502, 503 and 504 and timeouts: the endpoint, or what stands before it, has too much to do.
    package var slowsDown: Bool {
        switch self {
        case .answered(let status): [429, 502, 503, 504].contains(status)
        case .failed(let failure): failure == .timeout
        }
    }

    /// The answer 429: the endpoint lives and wants fewer requests (RFC 6585 section 4).
    package var isThrottling: Bool { self == .answered(status: 429) }

    /// The answer 410: nothing will be taken here again (RFC 9110 section 15.5.11).
    package var isGone: Bool { self == .answered(status: 410) }

    /// A 4xx that repeating seldom cures: all but 408, 410, 425 and 429.
    ///
    /// It follows the schedule all the same, because a subscriber's mistake may be mended in the meantime.
    package var isRejection: Bool {
        guard case .answered(let status) = self else { return false }
        return (400..<500).contains(status) && ![408, 410, 425, 429].contains(status)
    }
}

extension NetworkFailure {
    /// False where the gateway's own side failed, before the endpoint could have been reached.
    package var isEndpointsFault: Bool { self != .proxy }
}
