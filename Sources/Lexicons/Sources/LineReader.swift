import Foundation

/// Reads a text file line by line in bounded memory, and proves that every line is UTF-8.
struct LineReader {
    /// The longest line in bytes: HowNet's longest definition has 2 kB, WordNet's longest line 14 kB. A longer one means a
    /// file of another kind, or a hostile one.
    static let longestLine = 1 << 20

    /// The file's name for messages.
    let file: String
    /// The number of the line that `next` gave last, from 1.
    private(set) var number = 0
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private let longestLine: Int

    /// Opens the regular file at `path`.
    init(_ path: String, longestLine: Int = LineReader.longestLine) throws(LexiconError) {
        file = path
        self.longestLine = longestLine
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
            let handle = FileHandle(forReadingAtPath: path)
        else {
            throw LexiconError(
                file: path,
                place: "opening",
                cause: isFolder.boolValue ? "this is a folder" : "there is no readable file",
                remedy: "name a file that exists"
            )
        }
        self.handle = handle
        try fill()
        try dropByteOrderMark()
    }

    /// The next line without its end, as UTF-8; nil at the end of the file. CR LF ends a line as LF does.
    ///
    /// - Throws: for a line that is too long, holds a NUL or is not UTF-8. The reader stands behind it then and can go on.
    mutating func next() throws(LexiconError) -> ArraySlice<UInt8>? {
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return try checked(buffer[start..<end])
            }
            scanned = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return try checked(buffer[start...])
            }
            guard buffer.count - start <= longestLine else {
                number += 1
                try skipLine()
                throw tooLong()
            }
            scanned -= start
            try fill()
        }
    }

    private mutating func checked(_ line: ArraySlice<UInt8>) throws(LexiconError) -> ArraySlice<UInt8> {
        number += 1
        let line = line.last == 0x0D ? line.dropLast() : line
        guard line.count <= longestLine else { throw tooLong() }
        if line.contains(0) { throw failure("the line holds a NUL byte", "name a text file in UTF-8") }
        guard line.withUnsafeBufferPointer({ bytes in (try? UTF8Span(validating: bytes.span)) != nil }) else {
            throw failure("the line is not UTF-8", "convert the file first: iconv -f ENCODING -t UTF-8")
        }
        return line
    }

    private func tooLong() -> LexiconError {
        failure("the line is longer than \(longestLine) bytes", "name a lexicon with one entry a line")
    }

    private func failure(_ cause: String, _ remedy: String) -> LexiconError {
        LexiconError(file: file, place: "line \(number)", cause: cause, remedy: remedy)
    }

    /// Reads past the end of the current line, keeping nothing.
    private mutating func skipLine() throws(LexiconError) {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                start = end + 1
                return
            }
            start = buffer.count
            if isAtEnd { return }
            try fill()
        }
    }

    private mutating func fill() throws(LexiconError) {
        buffer.removeFirst(start)
        start = 0
        do {
            let chunk = try handle.read(upToCount: 1 << 18) ?? Data()
            isAtEnd = chunk.isEmpty
            buffer += chunk
        } catch {
            throw LexiconError(
                file: file,
                place: "line \(number + 1)",
                cause: "reading failed: \(error.localizedDescription)",
                remedy: "see that the file can be read"
            )
        }
    }

    private mutating func dropByteOrderMark() throws(LexiconError) {
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
        if buffer.starts(with: [0xFF, 0xFE]) || buffer.starts(with: [0xFE, 0xFF]) {
            throw LexiconError(
                file: file,
                place: "line 1",
                cause: "the file is UTF-16",
                remedy: "convert it first: iconv -f UTF-16 -t UTF-8"
            )
        }
    }
}

/// What becomes of lines that break the format.
public enum BadLines: Sendable {
    /// The first one is an error.
    case refused
    /// They are left out and counted.
    case skipped
}

extension LineReader {
    /// Calls `body` with every line; returns how many were skipped.
    mutating func forEach(
        _ policy: BadLines,
        _ body: (_ line: ArraySlice<UInt8>, _ number: Int) throws(LexiconError) -> Void
    ) throws(LexiconError) -> Int {
        var skipped = 0
        var isAtEnd = false
        while !isAtEnd {
            do throws(LexiconError) {
                if let line = try next() { try body(line, number) } else { isAtEnd = true }
            } catch {
                guard policy == .skipped else { throw error.inFile(file) }
                skipped += 1
            }
        }
        return skipped
    }
}
