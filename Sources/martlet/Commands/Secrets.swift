// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

struct Secrets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the secrets that the store holds, while the gateway runs.",
        discussion: "Asks a running gateway with the key in MARTLET_KEY, which needs the role admin.",
        subcommands: [Reseal.self]
    )

    struct Reseal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal every stored secret with the present secretsKey.",
            discussion: """
                For a new key: make it with martlet keygen --secrets-key, name it as secretsKey, move the old one to
                previousSecretsKeys, reload with SIGHUP, run this, then take the old one out and reload again. It may be
                stopped and run again at any time. With --json each portion of the work prints one line.
                """
        )

        @OptionGroup var gateway: GatewayOption

        func run() async throws {
            var total = 0
            while true {
                let answer = try await gateway.ask("POST", ["v1", "secrets", "reseal"])
                if case .number(let digits) = answer.object["resealed"] { total += Int(digits) ?? 0 }
                guard answer.object["more"] == .bool(true) else {
                    if !gateway.json { Console.output(Self.sentence(total, answer.object)) }
                    return
                }
            }
        }

        private static func sentence(_ total: Int, _ answer: JSONObject) -> String {
            var keys: [String] = []
            if case .array(let names) = answer["keysInUse"] { keys = names.compactMap(\.string) }
            let state = keys.isEmpty ? "no secret is sealed" : "the key in use is \(keys.joined(separator: ", "))"
            return Table.printable("\(total) secrets sealed anew; \(state).") + "\n"
        }
    }
}
