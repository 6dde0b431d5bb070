// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletCore

/// What is handed to the kernel for one run: a file to execute, never a line for a shell.
struct ProgramLaunch: Sendable, Equatable {
    /// Where a bare name is looked for if the run's environment has no `PATH`.
    static let defaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

    /// Why a run cannot be started, for a person.
    struct Refusal: Error, Equatable {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The file of the program itself.
    let program: String
    /// What the kernel executes: the program, or what starts it as another user.
    var path: String
    var arguments: [String]
    var environment: [String]

    /// Finds the program and what must stand in front of it.
    init(_ run: ProgramRun) throws(Refusal) {
        guard let name = run.command.first, !name.isEmpty else { throw Refusal("the command is empty") }
        environment = run.environment.map { "\($0.key)=\($0.value)" }.sorted()
        // C would cut the text there.
        guard !(run.command + environment).contains(where: { $0.utf8.contains(0) }) else {
            throw Refusal("the command or its environment holds a zero byte")
        }
        guard !run.environment.keys.contains(where: { $0.isEmpty || $0.utf8.contains(0x3D) }) else {
            throw Refusal("the environment holds a name that is empty or has an equals sign")
        }
        guard let program = Self.find(name, in: run.environment["PATH"] ?? Self.defaultPath) else {
            throw Refusal("there is no program \"\(name)\" that the gateway may execute")
        }
        self.program = program
        path = program
        arguments = run.command
        guard let user = run.user, let prefix = try Self.prefix(toRunAs: user) else { return }
        path = prefix[0]
        arguments = prefix + [program] + run.command.dropFirst()
    }

    /// The file of a name: with a slash it is a path, without one it is looked for in the folders of `list`, of which
    /// only absolute ones count.
    static func find(_ name: String, in list: String) -> String? {
        if name.utf8.contains(0x2F) { return isExecutable(name) ? name : nil }
        return list.split(separator: ":").lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .first { isExecutable($0) }
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// Nil if the gateway already is that user.
    ///
    /// posix_spawn cannot change the user; `setpriv` (util-linux) does and then becomes the program: no process in
    /// between, no session, no shell.
    private static func prefix(toRunAs user: String) throws(Refusal) -> [String]? {
        guard let account = account(user) else { throw Refusal("there is no user \"\(user)\" on this machine") }
        if account.uid == geteuid() { return nil }
        guard geteuid() == 0 else {
            throw Refusal(
                "cannot run as user \"\(user)\": only a gateway that runs as root can; run the gateway as that user, "
                    + "or leave \"user\" out"
            )
        }
        // Not by the run's own PATH: this one runs as root.
        guard let setpriv = find("setpriv", in: "/usr/bin:/bin") else {
            throw Refusal("cannot run as user \"\(user)\": the program setpriv is missing; install util-linux")
        }
        return [setpriv, "--reuid", user, "--regid", String(account.gid), "--init-groups", "--"]
    }

    private static func account(_ name: String) -> (uid: uid_t, gid: gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let start = buffer.baseAddress,
                getpwnam_r(name, &entry, start, buffer.count, &found) == 0, found != nil
            else { return nil }
            return (entry.pw_uid, entry.pw_gid)
        }
    }
}
