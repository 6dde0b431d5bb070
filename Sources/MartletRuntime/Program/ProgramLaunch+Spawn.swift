// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension ProgramLaunch {
    /// A started program and the reading end of its standard output, which does not block.
    struct Started {
        var process: pid_t
        var output: Int32
    }

    /// Starts the program in a process group of its own, with nothing open but its three streams.
    ///
    /// Standard input is a file in memory: whether and when the program reads it concerns nobody else, and there is no
    /// pipe to break. Standard error goes to `/dev/null`: what the tool says there is unknown and may be secret.
    func start(input: [UInt8]) throws(SystemError) -> Started {
        let source = try Self.memoryFile(input)
        defer { close(source) }
        var ends: [Int32] = [-1, -1]
        guard martlet_pipe(&ends) == 0 else { throw SystemError(operation: "pipe2", code: errno) }
        // A process that was started without its standard streams gets their numbers here, which the program's need.
        for index in ends.indices { ends[index] = Self.aboveStandard(ends[index]) }
        defer { close(ends[1]) }
        guard ends.allSatisfy({ $0 > 2 }), fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else {
            let code = errno
            close(ends[0])
            throw SystemError(operation: "fcntl", code: code)
        }
        var process: pid_t = 0
        let code = spawn(&process, input: source, output: ends[1])
        guard code == 0 else {
            close(ends[0])
            throw SystemError(operation: "posix_spawn", code: code)
        }
        return Started(process: process, output: ends[0])
    }

    private static func memoryFile(_ bytes: [UInt8]) throws(SystemError) -> Int32 {
        let descriptor = aboveStandard(martlet_memory_file())
        guard descriptor > 2 else { throw SystemError(operation: "memfd_create", code: errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 || errno == EINTR else {
                let code = errno
                close(descriptor)
                throw SystemError(operation: "write", code: code)
            }
            written += max(0, count)
        }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    private static func aboveStandard(_ descriptor: Int32) -> Int32 {
        guard (0...2).contains(descriptor) else { return descriptor }
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        close(descriptor)
        return moved
    }

    /// Returns posix_spawn's own error code.
    private func spawn(_ process: inout pid_t, input: Int32, output: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        martlet_spawn_close_others(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ignored signals and the mask of Dispatch's threads would be inherited.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, flags)
        let texts = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { for text in texts.0 + texts.1 { free(text) } }
        return posix_spawn(&process, path, &actions, &attributes, texts.0, texts.1)
    }
}
