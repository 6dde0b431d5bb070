// SPDX-License-Identifier: Apache-2.0
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite struct LackOfSpaceTests {
    private let full = StoreError.full("capture: database or disk is full")

    @Test func standsUntilACallbackIsStored() {
        let space = LackOfSpace()
        #expect(space.standing(free: 0) == nil)
        space.failed(full)
        #expect(space.standing(free: 0) == full)
        space.committed { false }
        #expect(space.standing(free: 0) == full, "a small write may fit all the same")
        space.committed { true }
        #expect(space.standing(free: 0) == nil)
    }

    @Test func standsUntilThereIsSpace() {
        let space = LackOfSpace()
        space.failed(full)
        #expect(space.standing(free: LackOfSpace.enough - 1) == full)
        #expect(space.standing(free: nil) == full)
        #expect(space.standing(free: LackOfSpace.enough) == nil)
        #expect(space.standing(free: 0) == nil, "only another failure tells that it is not enough")
    }

    @Test func otherFailuresAreNotOfSpace() {
        let space = LackOfSpace()
        space.failed(.overloaded)
        space.failed(.readOnly("x"))
        #expect(space.standing(free: 0) == nil)
    }
}
