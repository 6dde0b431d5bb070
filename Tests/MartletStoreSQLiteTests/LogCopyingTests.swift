// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import MartletStoreSQLite

/// Who copies the log back, and when.
struct LogCopyingTests {
    /// Commits of ten pages; the copier takes as long as three of them.
    private struct Run {
        var copying = LogCopying()
        var pages = 0
        var copied = 0
        var copier: (pages: Int, left: Int)?
        /// What the writer has copied at most in one go.
        var mostByWriter = 0
        var longest = 0

        mutating func commit(reader: Int? = nil) {
            pages = copied == pages ? 10 : pages + 10
            if pages == 10 { copied = 0 }
            longest = max(longest, pages)
            if copying.writerCopies(pages: pages), copier == nil {
                mostByWriter = max(mostByWriter, min(pages, reader ?? pages) - copied)
                end(at: pages, reader)
            }
            if copying.copierStarts(pages: pages) { copier = (pages, 3) }
            guard let now = copier else { return }
            copier = now.left == 0 ? nil : (now.pages, now.left - 1)
            if now.left == 0 {
                end(at: now.pages, reader)
                copying.copierEnded()
            }
        }

        mutating func end(at pages: Int, _ reader: Int?) {
            copied = max(copied, min(pages, reader ?? pages))
            copying.ended(pages: pages, copied: copied)
        }
    }

    @Test func underSteadyLoadTheLogStartsOverAndTheWriterCopiesLittle() {
        var run = Run()
        for _ in 0..<20_000 { run.commit() }
        #expect(run.longest <= LogCopying.limit + 600)
        #expect(run.mostByWriter <= LogCopying.rest)
    }

    /// A backup reads for a minute; what has gathered by then is not the writer's.
    @Test func whatAReaderHasHeldUpIsForTheCopier() {
        var run = Run()
        while run.pages < 3000 { run.commit() }
        for _ in 0..<20_000 { run.commit(reader: 2500) }
        #expect(run.longest > 200_000 && run.mostByWriter == 0)
        for _ in 0..<1000 { run.commit() }
        #expect(run.mostByWriter <= LogCopying.rest)
        #expect(run.pages < LogCopying.limit + 600, "it has started over")
    }

    /// Under steady reads a copy always ends a little before the end of the log.
    @Test func aReaderThatIsLittleBehindDoesNotKeepTheWriterFromHelping() {
        var copying = LogCopying()
        copying.ended(pages: LogCopying.most, copied: LogCopying.most - 2 * LogCopying.rest)
        let (little, much) = (
            copying.writerCopies(pages: LogCopying.most), copying.writerCopies(pages: 2 * LogCopying.most)
        )
        #expect(!little && much)
    }

    @Test func aCopierThatIsTooSlowIsHelped() {
        var copying = LogCopying()
        func writerCopies(_ pages: Int) -> Bool { copying.writerCopies(pages: pages) }
        let (little, much) = (writerCopies(LogCopying.limit + 5000), writerCopies(LogCopying.most))
        #expect(!little && much)
        // A reader is in the way, so it would be in vain.
        copying.ended(pages: LogCopying.most, copied: 100)
        let blocked = writerCopies(2 * LogCopying.most)
        copying.ended(pages: -1, copied: -1)
        let unknown = writerCopies(2 * LogCopying.most)
        #expect(!blocked && !unknown)
    }
}
