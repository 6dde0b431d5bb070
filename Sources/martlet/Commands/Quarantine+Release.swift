// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MartletWire

extension Quarantine {
    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify refused callbacks again with today's settings, and deliver what is genuine.",
            discussion: """
                One by its id, or with --all every one that fits the filters, oldest first. First mend what was wrong in
                the configuration and send the gateway SIGHUP. What is refused still stays where it is; what had been
                stored before is not delivered again. With an id, --force --reason TEXT delivers a callback that nothing
                proves: subscribers see verification.method "forced", and the reason is kept with the event.
                """
        )

        @Argument(help: "The callback's id, qtn_….") var id: String?
        @Flag(help: "Every one that fits --source, --reason, --since and --until.") var all = false
        @OptionGroup var filter: FilterOption
        @Option(help: "With --all: only what was refused for this reason. With --force: why it is believed.")
        var reason: String?
        @Flag(help: "Deliver it although nothing proves it.") var force = false
        @OptionGroup var gateway: GatewayOption

        func validate() throws {
            guard (id == nil) == all else { throw ValidationError("Name one callback, or say --all.") }
            if all {
                if force {
                    throw ValidationError("--force is for one callback at a time: look at it, then name its id.")
                }
                return try FilterOption.check(reason: reason)
            }
            guard filter.members.isEmpty else {
                throw ValidationError("--source, --since and --until go with --all.")
            }
            if force, (reason ?? "").isEmpty {
                throw ValidationError("--force needs --reason TEXT: why is this callback believed?")
            }
            if !force, reason != nil { throw ValidationError("--reason goes with --all or --force.") }
        }

        func run() async throws {
            if let id { try await releaseOne(Quarantine.number(id)) } else { try await releaseAll() }
        }

        private func releaseOne(_ id: String) async throws {
            let body = force ? Self.object([("reason", reason ?? "")], force: true) : []
            let answer = try await gateway.ask("POST", ["v1", "quarantine", id, "release"], body: body)
            if !gateway.json { Console.output(QuarantinePrinter.outcome(answer.object)) }
        }

        /// The gateway looks at a bounded number with each request, so it is asked until nothing is left.
        private func releaseAll() async throws {
            let members = filter.members + (reason.map { [("reason", $0)] } ?? [])
            var sum = ReleaseSum()
            var cursor: String?
            repeat {
                let body = Self.object(members + (cursor.map { [("cursor", $0)] } ?? []))
                let answer = try await gateway.ask("POST", ["v1", "quarantine", "release"], body: body)
                sum.add(answer.object)
                if let failure = answer.object["failure"]?.string {
                    if !gateway.json { Console.output(sum.text) }
                    Console.error(
                        "The gateway's store is in trouble (\(failure)). Nothing is lost: say the same once more.\n"
                    )
                    throw ExitCode(1)
                }
                cursor = answer.object["nextCursor"]?.string
            } while cursor != nil
            if !gateway.json { Console.output(sum.text) }
        }

        private static func object(_ members: [(String, String)], force: Bool = false) -> [UInt8] {
            var json = JSONWriter()
            json.beginObject()
            if force {
                json.name("force")
                json.bool(true)
            }
            for (name, value) in members { json.member(of: name, value) }
            json.endObject()
            return json.bytes
        }
    }
}
