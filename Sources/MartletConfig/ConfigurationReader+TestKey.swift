// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletWire

/// SpectroCoin's published test key proves nothing, since everybody has its private half (providers.md Appendix A).
extension ConfigurationReader {
    /// All problems, the published test key among them as an error unless this is a test run.
    func problems(of configuration: Configuration) -> [SettingsProblem] {
        problems.all.map { problem in
            guard problem.message == SpectroCoin.publishedTestKeyMessage, !isTestRun(configuration, at: problem.path)
            else { return problem }
            let remedy = "only a test run may use it: \"testMode\": true, or ingest and every endpoint on loopback"
            return SettingsProblem(path: problem.path, "\(problem.message); \(remedy)")
        }
    }

    /// A test run: the source is in test mode, or callbacks come from this machine only and events stay on it.
    private func isTestRun(_ configuration: Configuration, at path: String) -> Bool {
        if case .array(let sources) = object["sources"] {
            for (index, source) in sources.enumerated() where path.hasPrefix("$.sources[\(index)]") {
                if source.object?["testMode"] == .bool(true) { return true }
            }
        }
        let staysHere = configuration.endpoints.allSatisfy { endpoint in
            (try? EndpointURL(endpoint.url))?.isLoopback ?? false
        }
        return configuration.ingest.listen.isLoopback && staysHere
    }
}
