// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletWire

/// The members of a call, from its query, its form or its JSON body.
struct CallMembers {
    private let values: [(name: String, value: String)]

    /// The query of the target; empty if there is none or it cannot be read.
    init(queryOf request: HTTPRequest) {
        let query = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).dropFirst()
        let form = try? FormReader.read(Array((query.first ?? "").utf8))
        values = form?.members.map { ($0.name, $0.value) } ?? []
    }

    /// The body, of which an empty one has no members.
    ///
    /// Nil if it is neither a form nor a JSON object.
    init?(bodyOf request: HTTPRequest) {
        if request.body.isEmpty {
            values = []
        } else if let object = try? JSONReader.readObject(request.body).object {
            values = object.members.compactMap { member in
                switch member.value {
                case .string(let text), .number(let text): (member.name, text)
                default: nil
                }
            }
        } else if let form = try? FormReader.read(request.body) {
            values = form.members.map { ($0.name, $0.value) }
        } else {
            return nil
        }
    }

    /// Nil if absent or empty.
    subscript(name: String) -> String? {
        values.first { $0.name == name && !$0.value.isEmpty }?.value
    }
}
