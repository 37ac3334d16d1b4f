/// A pull reader of JSON (RFC 8259): the caller asks for what it expects and gets it, or an error with the byte offset.
///
/// Nothing is built that the caller does not ask for. Nesting is bounded by `depthLimit`, so no input can exhaust the
/// stack. Numbers, literals and escapes are read strictly; a byte order mark, comments, trailing commas, NaN, lone
/// surrogates and invalid UTF-8 are refused.
public struct JSONReader: ~Escapable {
    private let bytes: Span<UInt8>
    /// The offset of the next unread byte.
    public private(set) var offset = 0
    private var depth = 0
    private let depthLimit: Int

    /// A reader at the start of `bytes`; arrays and objects may nest `depthLimit` deep.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, depthLimit: Int = 128) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// What the next value is, without reading it.
    public mutating func peek() throws(JSONError) -> JSONKind {
        skipBlanks()
        guard offset < bytes.count else { throw failure("the text ends where a value is expected") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw failure("no JSON value starts with \(describe(bytes[offset]))")
        }
    }

    /// Reads an object, calling `member` at each value; `member` must read it (or `skip` it).
    public mutating func readObject(
        _ member: (_ key: String, _ reader: inout JSONReader) throws -> Void
    ) throws {
        try enter(UInt8(ascii: "{"), expecting: .object)
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipBlanks()
                let key = try readString()
                guard take(UInt8(ascii: ":")) else { throw failure("':' expected after the key \"\(key)\"") }
                try member(key, &self)
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' expected") }
        }
        depth -= 1
    }

    /// Reads an array, calling `element` at each value; `element` must read it (or `skip` it).
    public mutating func readArray(
        _ element: (_ index: Int, _ reader: inout JSONReader) throws -> Void
    ) throws {
        try enter(UInt8(ascii: "["), expecting: .array)
        var index = 0
        if !take(UInt8(ascii: "]")) {
            repeat {
                try element(index, &self)
                index += 1
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' expected") }
        }
        depth -= 1
    }

    /// Reads a string with its escapes resolved.
    public mutating func readString() throws(JSONError) -> String {
        try expect(.string)
        let start = offset + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        {
            end += 1
        }
        guard end < bytes.count else { throw failure("the string does not end") }
        if bytes[end] == UInt8(ascii: "\"") {
            let text = try validated(start..<end)
            offset = end + 1
            return text
        }
        return try readEscapedString(from: start)
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        try expect(.bool)
        let value = bytes[offset] == UInt8(ascii: "t")
        try readLiteral(value ? "true" : "false")
        return value
    }

    /// Reads `null`.
    public mutating func readNull() throws(JSONError) {
        try expect(.null)
        try readLiteral("null")
    }

    /// Reads a whole number written without fraction or exponent that fits in `Int`.
    public mutating func readInt() throws(JSONError) -> Int {
        let start = offset
        let number = try readNumber()
        guard case .integer(let value) = number else {
            throw JSONError(offset: start, cause: "a whole number below 2^63 expected, without fraction or exponent")
        }
        return value
    }

    /// Reads a number of any form.
    public mutating func readDouble() throws(JSONError) -> Double {
        switch try readNumber() {
        case .integer(let value): Double(value)
        case .double(let value): value
        }
    }

    /// Reads any value into a tree.
    public mutating func readValue() throws(JSONError) -> JSONValue {
        do {
            switch try peek() {
            case .object:
                var members: [JSONValue.Member] = []
                try readObject { (key, reader) throws(JSONError) in
                    members.append(JSONValue.Member(key: key, value: try reader.readValue()))
                }
                return .object(members)
            case .array:
                var elements: [JSONValue] = []
                try readArray { (_, reader) throws(JSONError) in elements.append(try reader.readValue()) }
                return .array(elements)
            case .string: return .string(try readString())
            case .bool: return .bool(try readBool())
            case .null:
                try readNull()
                return .null
            case .number:
                switch try readNumber() {
                case .integer(let value): return .integer(value)
                case .double(let value): return .number(value)
                }
            }
        } catch let error as JSONError {
            throw error
        } catch {
            throw failure("\(error)")
        }
    }

    /// Reads past any value, checking it.
    public mutating func skip() throws(JSONError) {
        do {
            switch try peek() {
            case .object: try readObject { (_, reader) throws(JSONError) in try reader.skip() }
            case .array: try readArray { (_, reader) throws(JSONError) in try reader.skip() }
            case .string: _ = try readString()
            case .bool: _ = try readBool()
            case .null: try readNull()
            case .number: _ = try readNumber()
            }
        } catch let error as JSONError {
            throw error
        } catch {
            throw failure("\(error)")
        }
    }

    /// Demands that nothing but white space follows.
    public mutating func finish() throws(JSONError) {
        skipBlanks()
        guard offset == bytes.count else { throw failure("text after the end: \(describe(bytes[offset]))") }
    }

    /// An error at the reader's place.
    public func failure(_ cause: String) -> JSONError { JSONError(offset: offset, cause: cause) }
}

// MARK: - Tokens

extension JSONReader {
    private enum Number {
        case integer(Int)
        case double(Double)
    }

    @inline(__always)
    private mutating func skipBlanks() {
        // Most tokens have no blank before them.
        if offset < bytes.count, bytes[offset] > 0x20 { return }
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ kind: JSONKind) throws(JSONError) {
        let found = try peek()
        guard found == kind else { throw failure("\(kind.name) expected, not \(found.name)") }
    }

    private mutating func enter(_ bracket: UInt8, expecting kind: JSONKind) throws(JSONError) {
        try expect(kind)
        guard depth < depthLimit else {
            throw JSONError(offset: offset, cause: "nesting deeper than \(depthLimit)", isDepthLimit: true)
        }
        depth += 1
        offset += 1
    }

    private mutating func readLiteral(_ literal: StaticString) throws(JSONError) {
        let count = literal.utf8CodeUnitCount
        let matches = literal.withUTF8Buffer { text in
            guard offset <= bytes.count - count else { return false }
            for index in 0..<count where bytes[offset + index] != text[index] { return false }
            return true
        }
        guard matches else { throw failure("\(literal) expected") }
        offset += count
    }

    private func isDigit(at index: Int) -> Bool {
        index < bytes.count && bytes[index] >= UInt8(ascii: "0") && bytes[index] <= UInt8(ascii: "9")
    }

    private mutating func readNumber() throws(JSONError) -> Number {
        try expect(.number)
        let start = offset
        var end = offset
        if bytes[end] == UInt8(ascii: "-") { end += 1 }
        guard isDigit(at: end) else { throw failure("a digit expected after '-'") }
        if bytes[end] == UInt8(ascii: "0"), isDigit(at: end + 1) { throw failure("a number with a leading zero") }
        while isDigit(at: end) { end += 1 }
        var isWhole = true
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            isWhole = false
            end += 1
            guard isDigit(at: end) else { throw failure("a digit expected after '.'") }
            while isDigit(at: end) { end += 1 }
        }
        if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            end += 1
            if end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") { end += 1 }
            guard isDigit(at: end) else { throw failure("a digit expected in the exponent") }
            while isDigit(at: end) { end += 1 }
        }
        offset = end
        if isWhole, let value = wholeNumber(start..<end) { return .integer(value) }
        // A number's characters are ASCII; only its length is the file's choice, and conversion is linear in it.
        let text = String(decoding: bytes.extracting(start..<end).copied(), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(offset: start, cause: "a number out of range")
        }
        return .double(value)
    }

    private func wholeNumber(_ range: Range<Int>) -> Int? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value = 0
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            let digit = Int(bytes[index] - UInt8(ascii: "0"))
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowed) = shifted.subtractingReportingOverflow(digit)
            if overflow || overflowed { return nil }
            value = next
        }
        if isNegative { return value }
        let (positive, overflow) = (0).subtractingReportingOverflow(value)
        return overflow ? nil : positive
    }

    private func validated(_ range: Range<Int>) throws(JSONError) -> String {
        // The generic `String(validating:)` is several times slower.
        guard let text = try? UTF8Span(validating: bytes.extracting(range)) else {
            throw JSONError(offset: range.lowerBound, cause: "the string is not UTF-8")
        }
        return String(copying: text)
    }

    private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
        var text: [UInt8] = []
        offset = start
        while true {
            guard offset < bytes.count else { throw failure("the string does not end") }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw JSONError(offset: start, cause: "the string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try readEscape()).utf8)
            case 0..<0x20: throw failure("a control character in a string must be escaped")
            default:
                text.append(byte)
                offset += 1
            }
        }
    }

    private mutating func readEscape() throws(JSONError) -> Unicode.Scalar {
        guard offset + 1 < bytes.count else { throw failure("the string does not end") }
        let letter = bytes[offset + 1]
        let simple: Unicode.Scalar? =
            switch letter {
            case UInt8(ascii: "\""): "\""
            case UInt8(ascii: "\\"): "\\"
            case UInt8(ascii: "/"): "/"
            case UInt8(ascii: "b"): "\u{8}"
            case UInt8(ascii: "f"): "\u{c}"
            case UInt8(ascii: "n"): "\n"
            case UInt8(ascii: "r"): "\r"
            case UInt8(ascii: "t"): "\t"
            default: nil
            }
        if let simple {
            offset += 2
            return simple
        }
        guard letter == UInt8(ascii: "u") else { throw failure("unknown escape \\\(describe(letter))") }
        let first = try readHex(at: offset + 2)
        if let scalar = Unicode.Scalar(first) {
            offset += 6
            return scalar
        }
        guard first < 0xDC00, offset + 7 < bytes.count, bytes[offset + 6] == UInt8(ascii: "\\"),
            bytes[offset + 7] == UInt8(ascii: "u")
        else { throw failure("a lone surrogate in an escape") }
        let second = try readHex(at: offset + 8)
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("a lone surrogate in an escape") }
        offset += 12
        return scalar
    }

    private func readHex(at start: Int) throws(JSONError) -> UInt32 {
        guard start <= bytes.count - 4 else { throw failure("four hexadecimal digits expected after \\u") }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue, bytes[index] < 0x80 else {
                throw failure("four hexadecimal digits expected after \\u")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private func describe(_ byte: UInt8) -> String {
        (0x21..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }
}

extension Span<UInt8> {
    func copied() -> [UInt8] {
        withUnsafeBufferPointer { Array($0) }
    }
}
