/// Reads one protocol-buffer message field by field, as much of the wire format as SentencePiece's files need.
struct ProtobufReader: ~Escapable {
    /// A field's value as the wire has it.
    enum Value {
        /// Wire type 0.
        case varint(UInt64)
        /// Wire type 1.
        case fixed64(UInt64)
        /// Wire type 2: the place of the bytes.
        case bytes(Range<Int>)
        /// Wire type 5.
        case fixed32(UInt32)
    }

    private let bytes: Span<UInt8>
    private var offset: Int
    private let end: Int

    /// A reader of the message in `bytes[range]`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(TokenizerError) -> (number: Int, value: Value)? {
        guard offset < end else { return nil }
        let start = offset
        let key = try readVarint()
        let number = Int(truncatingIfNeeded: key >> 3)
        guard number > 0, key >> 3 < 1 << 29 else { throw failure(at: start, "field number \(key >> 3)") }
        switch key & 7 {
        case 0: return (number, .varint(try readVarint()))
        case 1: return (number, .fixed64(try readFixed(8)))
        case 2:
            let count = try readVarint()
            guard count <= UInt64(end - offset) else {
                throw failure(at: start, "field \(number) claims \(count) bytes, \(end - offset) are left")
            }
            let range = offset..<offset + Int(count)
            offset = range.upperBound
            return (number, .bytes(range))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try readFixed(4))))
        default: throw failure(at: start, "field \(number) has wire type \(key & 7)")
        }
    }

    private mutating func readVarint() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0
        let start = offset
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < end else { throw failure(at: start, "the message ends in a number") }
            let byte = bytes[offset]
            offset += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw failure(at: start, "a number of more than 64 bits")
    }

    private mutating func readFixed(_ count: Int) throws(TokenizerError) -> UInt64 {
        guard end - offset >= count else { throw failure(at: offset, "the message ends in a number") }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += count
        return value
    }

    private func failure(at offset: Int, _ cause: String) -> TokenizerError { .malformed("byte \(offset)", cause) }
}

extension ProtobufReader.Value {
    /// The number, where this is one that fits in `Int`.
    var int: Int? { if case .varint(let value) = self { Int(exactly: Int64(bitPattern: value)) } else { nil } }
    /// The truth value, where this is a number.
    var bool: Bool? { if case .varint(let value) = self { value != 0 } else { nil } }
    /// The float, where this has 32 bits.
    var float: Float? { if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil } }
    /// The place of the bytes.
    var range: Range<Int>? { if case .bytes(let range) = self { range } else { nil } }
}
