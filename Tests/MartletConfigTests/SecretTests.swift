// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

/// Where secrets come from, and that they go nowhere else.
struct SecretTests {
    @Test func readsVariablesFilesAndPlainText() throws {
        let folder = try TemporaryFolder()
        try folder.write("unix\n", to: "unix")
        try folder.write("windows\r\n", to: "windows")
        try folder.write("two\n\n", to: "two")
        let pem = "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n"
        let absolute = try folder.write(pem, to: "keys/provider.pem")
        let resolver = FileSecretResolver(folder: folder.path, environment: ["NAME": "value\n"])
        #expect(resolver.resolve("env:NAME") == .success(Secret(text: "value\n")))
        #expect(resolver.resolve("plain:a:b") == .success(Secret(text: "a:b")))
        #expect(resolver.resolve("file:unix") == .success(Secret(text: "unix")))
        #expect(resolver.resolve("file:./windows") == .success(Secret(text: "windows")))
        #expect(resolver.resolve("file:two") == .success(Secret(text: "two\n")))
        #expect(resolver.resolve("file:keys/provider.pem") == .success(Secret(text: pem)))
        #expect(resolver.resolve("file:\(absolute)") == .success(Secret(text: pem)))
    }

    @Test func saysWhatIsMissing() throws {
        let folder = try TemporaryFolder()
        try folder.write("\n", to: "empty")
        try folder.write(String(repeating: "x", count: FileSecretResolver.longestFile + 1), to: "long")
        let resolver = FileSecretResolver(folder: folder.path, environment: ["EMPTY": ""])
        let rules = [
            ("env:", #""env:" must be followed by a variable's name of letters, digits and underscores"#),
            ("env:a b", #""env:" must be followed by a variable's name of letters, digits and underscores"#),
            ("env:NONE", #"the environment variable NONE is not set; set it, or use "file:PATH""#),
            ("env:EMPTY", "the environment variable EMPTY is empty; give it the secret"),
            ("file:", #""file:" must be followed by a path"#),
            ("file:none", "the file \(folder.path)/none does not exist"),
            ("file:.", "the file \(folder.path)/. is a folder, not a file"),
            ("file:empty", "the file \(folder.path)/empty is empty; put the secret into it"),
            ("file:long", "the file \(folder.path)/long is longer than 65536 bytes"),
            ("plain:", #"is empty; give the secret after "plain:""#),
            ("hunter2", #"must be a secret's reference: "env:NAME", "file:PATH" or "plain:VALUE""#),
        ]
        for (reference, message) in rules {
            #expect(resolver.resolve(reference) == .failure(SecretResolutionError(message)), "\(reference)")
        }
    }

    @Test func warnsOfSecretsThatEveryUserCanRead() throws {
        let folder = try TemporaryFolder()
        try folder.write("bank-key\n", to: "open", permissions: 0o644)
        try folder.write("-----BEGIN PUBLIC KEY-----\n", to: "public.pem", permissions: 0o644)
        var text = ConfigurationText()
        text.sources = #"""
            [{ "provider": "bank", "id": "a", "shop": "nordic", "key": "file:open" },
             { "provider": "bank", "id": "b", "shop": "nordic", "key": "file:public.pem" }]
            """#
        #expect(
            text.load(folder: folder.path).problems.lines == [
                "warning: $.sources[0].key: the file \(folder.path)/open can be read by every user of this machine; "
                    + #"run "chmod o-r" on it"#
            ]
        )
    }

    @Test func neverPrintsASecret() throws {
        let hidden = "hunter2-do-not-print"
        var text = ConfigurationText()
        text.admin =
            #"{ "keys": [{ "name": "ops", "key": "\#(hidden)" }, { "name": "b", "key": "plain:\#(hidden) \#(hidden)" }] }"#
        text.store = #""postgres://martlet:\#(hidden)@db/martlet""#
        text.sources = #"[{ "provider": "bank", "id": "main", "shop": "nordic", "key": "\#(hidden)" }]"#
        text.endpoints = #"""
            [{ "id": "a", "url": "https://x:\#(hidden)@ledger.example/", "secrets": ["plain:\#(hidden)", "\#(hidden)"],
               "headers": { "Authorization": "Bearer \#(hidden)\n" } }]
            """#
        let (configuration, problems) = text.load()
        #expect(configuration == nil)
        #expect(problems.filter { $0.severity == .error }.count == 8)
        for problem in problems { #expect(!problem.description.contains("hunter2")) }
        #expect(!CheckReport.json(problems, path: "config.json").contains("hunter2"))
    }

    @Test func aLoadedConfigurationPrintsNoSecret() throws {
        var text = ConfigurationText()
        text.admin = #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY" }] }"#
        text.sources = #"[{ "provider": "bank", "id": "main", "shop": "nordic", "key": "plain:hunter2" }]"#
        text.endpoints = #"""
            [{ "id": "a", "url": "https://ledger.example/", "secrets": ["env:LEDGER_SECRET"],
               "headers": { "Authorization": "env:BANK_KEY" } }]
            """#
        let configuration = try #require(text.load().configuration)
        var dumped = "\(configuration)"
        dump(configuration, to: &dumped)
        for hidden in ["hunter2", "nobody-may-see", "nobody", "MfKQ9r8"] { #expect(!dumped.contains(hidden)) }
    }
}
