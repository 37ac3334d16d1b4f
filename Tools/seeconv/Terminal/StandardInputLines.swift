import Foundation
import Runtime

/// Lines from standard input, some at a time: those that are there are handed on as soon as no more come.
enum StandardInputLines {
    /// Calls `body` with the number of the first line (from 1) and up to `size` lines, until the input ends.
    static func forEachBlock(of size: Int, _ body: (_ first: Int, _ lines: [[UInt8]]) throws -> Void) throws {
        var pending: [UInt8] = []
        var first = 1
        func handOn(_ lines: [[UInt8]]) throws {
            for start in stride(from: 0, to: lines.count, by: size) {
                let block = Array(lines[start..<min(start + size, lines.count)])
                try body(first, block)
                first += block.count
            }
        }
        while let data = try FileHandle.standardInput.read(upToCount: 1 << 16), !data.isEmpty {
            pending += data
            guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            try handOn(UTF8Line.lines(of: Array(pending[...end])))
            pending.removeSubrange(...end)
        }
        if !pending.isEmpty { try handOn(UTF8Line.lines(of: pending)) }
    }
}
