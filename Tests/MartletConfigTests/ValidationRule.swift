// SPDX-License-Identifier: Apache-2.0
import Testing

/// One row of the tables of rules: a configuration, and the exact lines that it must cause.
struct ValidationRule: Sendable, CustomTestStringConvertible {
    var name: String
    var configuration: ConfigurationText
    var expected: [String]

    var testDescription: String { name }

    init(_ name: String, _ expected: String..., make: (inout ConfigurationText) -> Void) {
        self.name = name
        var configuration = ConfigurationText()
        make(&configuration)
        self.configuration = configuration
        self.expected = expected
    }

    init(_ name: String, endpoint members: String, _ expected: String...) {
        self.name = name
        configuration = .endpoint(members)
        self.expected = expected
    }

    init(_ name: String, url: String, _ expected: String...) {
        self.name = name
        configuration = .endpoint(#""enabled": true"#, url: url)
        self.expected = expected
    }
}
