import TensorFile

/// A value written as Python writes it: the few kinds that array headers are made of.
indirect enum PythonLiteral: Hashable, Sendable {
    case dictionary([Entry])
    case tuple([PythonLiteral])
    case list([PythonLiteral])
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case none

    /// One key and value of a dictionary, in the order of the text.
    struct Entry: Hashable, Sendable {
        let key: PythonLiteral
        let value: PythonLiteral
    }

    /// What the value is, for messages.
    var kindName: String {
        switch self {
        case .dictionary: "a dictionary"
        case .tuple: "a tuple"
        case .list: "a list"
        case .string: "a string"
        case .integer: "a number"
        case .boolean: "a boolean"
        case .none: "None"
        }
    }
}

/// Reads one `PythonLiteral`; nothing is ever evaluated.
///
/// The subset is what NumPy has written since Python 2: dictionaries, tuples, lists, quoted strings with simple escapes,
/// whole decimal numbers (with Python 2's suffix `L` where allowed), `True`, `False` and `None`. Calls, attributes,
/// arithmetic, prefixed strings, comments and anything else are refused by name.
struct PythonLiteralReader {
    /// Structured types nest a few levels; nobody needs more, and the reader recurses.
    static let depthLimit = 8

    private let bytes: [UInt8]
    /// Where the text starts in its file, for messages.
    private let base: Int
    private let encoding: NumPyTextEncoding
    private var offset = 0
    private var depth = 0

    init(_ bytes: [UInt8], base: Int, encoding: NumPyTextEncoding) {
        self.bytes = bytes
        self.base = base
        self.encoding = encoding
    }

    /// The whole text as one literal; only white space may stand around it.
    mutating func readAll() throws(TensorFileError) -> PythonLiteral {
        skipBlanks()
        guard offset < bytes.count else { throw failure("the header is empty") }
        let value = try readValue()
        skipBlanks()
        guard offset == bytes.count else { throw failure("text after the end of the dictionary: \(rest)") }
        return value
    }

    private mutating func readValue() throws(TensorFileError) -> PythonLiteral {
        skipBlanks()
        guard let byte = peek() else { throw failure("the header ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try readDictionary()
        case UInt8(ascii: "["): return .list(try readItems(until: UInt8(ascii: "]")).items)
        case UInt8(ascii: "("):
            let (items, endsWithComma) = try readItems(until: UInt8(ascii: ")"))
            // `(6)` is the number 6 in Python; only `(6,)` is a tuple.
            if items.count == 1, !endsWithComma, let only = items.first { return only }
            return .tuple(items)
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .integer(try readInteger())
        default: return try readWord()
        }
    }

    private mutating func readDictionary() throws(TensorFileError) -> PythonLiteral {
        try enter()
        var entries: [PythonLiteral.Entry] = []
        skipBlanks()
        while peek() != UInt8(ascii: "}") {
            let key = try readValue()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw failure("':' expected after a key, not \(rest)") }
            entries.append(PythonLiteral.Entry(key: key, value: try readValue()))
            guard try readSeparator(before: UInt8(ascii: "}")) else { break }
        }
        leave()
        return .dictionary(entries)
    }

    private mutating func readItems(
        until end: UInt8
    ) throws(TensorFileError) -> (items: [PythonLiteral], endsWithComma: Bool) {
        try enter()
        var items: [PythonLiteral] = []
        var endsWithComma = false
        skipBlanks()
        while peek() != end {
            items.append(try readValue())
            endsWithComma = try readSeparator(before: end)
            guard endsWithComma else { break }
        }
        leave()
        return (items, endsWithComma)
    }

    /// Reads a comma, or stops before `end`; says which.
    private mutating func readSeparator(before end: UInt8) throws(TensorFileError) -> Bool {
        skipBlanks()
        if take(UInt8(ascii: ",")) {
            skipBlanks()
            return true
        }
        guard peek() == end else {
            throw failure("',' or '\(Character(Unicode.Scalar(end)))' expected, not \(rest)")
        }
        return false
    }

    private mutating func readString() throws(TensorFileError) -> String {
        let start = offset
        let quote = bytes[offset]
        offset += 1
        var text: [UInt8] = []
        while let byte = peek(), byte != quote {
            guard byte != UInt8(ascii: "\n"), byte != 0 else { throw failure("a string runs over the end of its line") }
            offset += 1
            text.append(byte == UInt8(ascii: "\\") ? try readEscape() : byte)
        }
        guard take(quote) else { throw failure("a string does not end") }
        guard let string = encoding.decode(text) else { throw failure("a string is not UTF-8", at: start) }
        return string
    }

    private mutating func readEscape() throws(TensorFileError) -> UInt8 {
        guard let letter = peek() else { throw failure("a string does not end") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return letter
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "x"):
            let digits = String(decoding: bytes[offset..<min(offset + 2, bytes.count)], as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value < 0x80 else {
                throw failure("the escape \\x\(digits) is not read")
            }
            offset += 2
            return value
        default: throw failure("an unknown escape in a string", at: offset - 2)
        }
    }

    private mutating func readInteger() throws(TensorFileError) -> Int {
        let start = offset
        let isNegative = take(UInt8(ascii: "-"))
        var value = 0
        var digits = 0
        var overflowed = false
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, borrow) = shifted.subtractingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            overflowed = overflowed || overflow || borrow
            value = overflowed ? 0 : next
            digits += 1
            offset += 1
        }
        guard digits > 0 else { throw failure("a digit expected after '-'", at: start) }
        // Python 2 read `010` as eight.
        guard digits == 1 || bytes[offset - digits] != UInt8(ascii: "0") else {
            throw failure("a number begins with a zero", at: start)
        }
        if peek() == UInt8(ascii: "L"), encoding == .latin1 { offset += 1 }
        if let byte = peek(), byte == UInt8(ascii: ".") || isWordByte(byte) {
            throw failure("\(text(from: start)) is no whole decimal number", at: start)
        }
        // Digits are gathered below zero, where the range is one longer.
        if !overflowed, isNegative { return value }
        let (positive, overflow) = (0).subtractingReportingOverflow(value)
        guard !overflowed, !overflow else {
            throw TensorFileError(
                .overflow,
                place: "byte \(base + start), header",
                cause: "a number of \(digits) digits is beyond 2^63",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        return positive
    }

    private mutating func readWord() throws(TensorFileError) -> PythonLiteral {
        let start = offset
        while let byte = peek(), isWordByte(byte) { offset += 1 }
        guard offset > start else { throw failure("no value starts with \(rest)") }
        let word = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch word {
        case "True": return .boolean(true)
        case "False": return .boolean(false)
        case "None": return .none
        default:
            let isPrefix = peek() == UInt8(ascii: "'") || peek() == UInt8(ascii: "\"")
            throw failure(
                isPrefix ? "a string with the prefix \(word) is not read" : "the name \(word) is no literal",
                at: start
            )
        }
    }
}

// MARK: - Bytes

extension PythonLiteralReader {
    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B { offset += 1 }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func enter() throws(TensorFileError) {
        guard depth < Self.depthLimit else {
            throw TensorFileError(
                .limit,
                place: "byte \(base + offset), header",
                cause: "brackets nest deeper than \(Self.depthLimit)",
                remedy: "no array needs that; the file is damaged or hostile"
            )
        }
        depth += 1
        offset += 1
    }

    /// Moves past the closing bracket that the caller has seen.
    private mutating func leave() {
        depth -= 1
        offset += 1
    }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<min(start + 24, bytes.count)], as: UTF8.self)
    }

    private var rest: String { offset < bytes.count ? "\"\(text(from: offset))\"" : "the end" }

    private func failure(_ cause: String, at place: Int? = nil) -> TensorFileError {
        TensorFileError(
            .malformed,
            place: "byte \(base + (place ?? offset)), header",
            cause: cause,
            remedy: "the header must be a plain dictionary with descr, fortran_order and shape"
        )
    }
}

/// The text encoding of a header: versions 1 and 2 use Latin-1, version 3 UTF-8.
enum NumPyTextEncoding: Hashable, Sendable {
    case latin1, utf8

    func decode(_ bytes: [UInt8]) -> String? {
        switch self {
        case .latin1: String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        case .utf8: String(validating: bytes, as: UTF8.self)
        }
    }
}
