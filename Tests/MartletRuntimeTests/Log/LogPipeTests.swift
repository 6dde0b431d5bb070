// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Glibc
import Logging
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

extension DescriptorTests {
    @Suite struct LogPipeTests {
        /// What arrives at the other end of a pipe while `body` logs; its time stamps are cut off in the text format.
        private func lines(
            _ format: LogPipe.Format,
            capacity: Int = 8192,
            prepare: (Int32) -> Void = { _ in },
            body: (LogPipe) -> Void
        ) throws -> [String] {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            let (reader, writer) = (ends[0], ends[1])
            prepare(writer)
            let log = LogPipe(format: format, descriptor: writer, capacity: capacity)
            body(log)
            let received = Mutex<[UInt8]>([])
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                var chunk = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(reader, &chunk, chunk.count)
                    if count <= 0 { break }
                    received.withLock { $0.append(contentsOf: chunk[..<count]) }
                }
                done.signal()
            }
            log.flush(within: 60)
            close(writer)
            done.wait(for: "the end of the log")
            close(reader)
            let text = String(decoding: received.withLock { $0 }, as: UTF8.self)
            #expect(text.hasSuffix("\n"))
            let lines = text.unicodeScalars.split(separator: "\n").map { String($0) }
            return format == .text ? lines.map { String($0.dropFirst(25)) } : lines
        }

        @Test func writesTextWithSortedAndQuotedMetadata() throws {
            let lines = try lines(.text) { log in
                var logger = log.logger("martlet", level: .info)
                logger[metadataKey: "source"] = "hype/uz"
                logger.debug("hidden")
                logger.info("callback accepted", metadata: ["event": "evt_1", "a": "", "b": "x y", "c": "k=v"])
                logger.error(
                    "failed",
                    metadata: ["source": "other", "d": "say \"hi\"", "e": "\u{1B}[31m", "n": "\(5)"]
                )
            }
            #expect(
                lines == [
                    "info callback accepted a=\"\" b=\"x y\" c=\"k=v\" event=evt_1 source=hype/uz",
                    "error failed d=\"say \\\"hi\\\"\" e=\"\\u001b[31m\" n=5 source=other",
                ]
            )
        }

        @Test func writesOneJSONObjectALine() throws {
            let lines = try lines(.json) { log in
                log.logger("martlet", level: .trace).trace("message \"x\"\n", metadata: ["a": "1\n2", "b": "\u{0}"])
            }
            #expect(lines.count == 1)
            let data = Data(try #require(lines.first).utf8)
            let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: String])
            #expect(object["level"] == "trace" && object["message"] == "message \"x\"\n")
            #expect(object["a"] == "1\n2" && object["b"] == "\u{0}")
            #expect(object["time"]?.hasSuffix("Z") == true)
        }

        @Test(arguments: [LogPipe.Format.text, .json])
        func nothingBeginsALineOfItsOwn(format: LogPipe.Format) throws {
            let forged = "x\n2026-01-01T00:00:00.000Z error forged\r\n\t\u{8}"
            let lines = try lines(format) { log in
                log.logger("martlet", level: .info).info("\(forged)", metadata: ["k": "\(forged)", "\(forged)": "v"])
            }
            #expect(lines.count == 1)
            #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 } })
        }

        @Test func dropsAndCountsWhatAFullPipeCannotTake() throws {
            let lines = try lines(.text, capacity: 5) { writer in
                // A full pipe that does not block: nothing can be written until the reader starts.
                _ = fcntl(writer, F_SETFL, fcntl(writer, F_GETFL) | O_NONBLOCK)
                let filler = [UInt8](repeating: 0x0A, count: 4096)
                while write(writer, filler, filler.count) > 0 {}
            } body: { log in
                let logger = log.logger("martlet", level: .info)
                for number in 0..<100 { logger.info("line", metadata: ["number": "\(number)"]) }
            }
            let numbers = lines.filter { $0.hasPrefix("info line number=") }.compactMap { Int($0.dropFirst(17)) }
            let dropped = lines.filter { $0.hasPrefix("warning log lines dropped lines=") }
                .compactMap { Int($0.dropFirst(32)) }.reduce(0, +)
            #expect(dropped > 0)
            #expect(numbers.count + dropped == 100)
            #expect(numbers == numbers.sorted() && numbers.first == 0)
            #expect(lines.count == numbers.count + lines.count { $0.contains("dropped") })
        }

        @Test func writesMoreThanAPipeHoldsInOrder() throws {
            let lines = try lines(.text) { log in
                let logger = log.logger("martlet", level: .info)
                for number in 0..<5000 { logger.info("line", metadata: ["number": "\(number)"]) }
            }
            #expect(lines == (0..<5000).map { "info line number=\($0)" })
        }
    }
}
