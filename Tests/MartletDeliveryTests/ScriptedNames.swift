// SPDX-License-Identifier: Apache-2.0
public import Glibc
import Synchronization

/// What the system's resolver says of names in this test process.
///
/// libcurl asks `getaddrinfo`, and an executable's own function of that name comes before the C library's. So tests
/// change what a name means between two requests, and everything behind the resolver is the real thing.
enum ScriptedNames {
    /// A name that there is not (RFC 6761, section 6.4), known without asking a network that may take its time.
    static let nowhere = "nowhere.invalid"
    private static let answers = Mutex<[String: [[String]]]>([nowhere: [[]]])
    private static let number = Mutex(0)

    /// A name of its own that means these addresses, at each question the next list and then always the last.
    static func name(answers lists: [[String]]) -> String {
        let number = number.withLock { number in
            number += 1
            return number
        }
        let name = "scripted-\(number).example"
        answers.withLock { $0[name] = lists }
        return name
    }

    static func nextAnswer(for name: String) -> [String]? {
        answers.withLock { answers in
            guard let lists = answers[name], let first = lists.first else { return nil }
            if lists.count > 1 { answers[name]?.removeFirst() }
            return first
        }
    }

    typealias Resolver =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeRawPointer?,
            UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>?
        ) -> Int32

    /// The C library's own function: `RTLD_NEXT` is -1 (dlsym(3)).
    static let system: Resolver? = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "getaddrinfo").map {
        unsafeBitCast($0, to: Resolver.self)
    }
}

/// Stands in for the C library's `getaddrinfo`.
///
/// The manifest exports the symbol from the test executable, so that libcurl finds it first.
@_cdecl("getaddrinfo")
public func scriptedNames(
    _ name: UnsafePointer<CChar>?,
    _ service: UnsafePointer<CChar>?,
    _ hints: UnsafeRawPointer?,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>?
) -> Int32 {
    guard let system = ScriptedNames.system else { return EAI_SYSTEM }
    guard let name, let addresses = ScriptedNames.nextAnswer(for: String(cString: name)) else {
        return system(name, service, hints, result)
    }
    // The lists for the single addresses, chained: `freeaddrinfo` follows the links.
    var first: UnsafeMutablePointer<addrinfo>?
    var last: UnsafeMutablePointer<addrinfo>?
    for address in addresses {
        var found: UnsafeMutablePointer<addrinfo>?
        guard system(address, service, hints, &found) == 0, let found else { continue }
        if let last { last.pointee.ai_next = found } else { first = found }
        last = found
        while let next = last?.pointee.ai_next { last = next }
    }
    guard let first else { return EAI_NONAME }
    result?.pointee = first
    return 0
}
