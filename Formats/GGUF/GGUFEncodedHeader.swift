import TensorFile

/// The bytes of a checked header, and how to bring its arrays into the one encoding that `GGUFArray` knows: that of
/// version 3, little-endian.
struct GGUFEncodedHeader {
    /// The header from the start of the file on.
    let bytes: [UInt8]
    let order: ByteOrder
    let hasNarrowCounts: Bool

    /// The elements in `range`: shared with the header where it has that encoding already, else converted.
    func encoded(_ type: GGUFValueType, _ count: Int, _ range: Range<Int>) -> ArraySlice<UInt8> {
        let hasOddBools = type == .bool && bytes[range].contains { $0 > 1 }
        let isNested = type == .array
        guard order == .big || hasNarrowCounts || hasOddBools || isNested else { return bytes[range] }
        var output: [UInt8] = []
        var cursor = range.lowerBound
        convertElements(type, count, &cursor, into: &output)
        return output[...]
    }

    private func convertElements(
        _ type: GGUFValueType,
        _ count: Int,
        _ cursor: inout Int,
        into output: inout [UInt8]
    ) {
        switch type {
        case .uint8, .int8:
            output.append(contentsOf: bytes[cursor..<cursor + count])
            cursor += count
        case .bool:
            output.append(contentsOf: bytes[cursor..<cursor + count].lazy.map { $0 == 0 ? 0 : 1 })
            cursor += count
        case .uint16, .int16:
            for _ in 0..<count { output.appendLittleEndian(take(UInt16.self, &cursor)) }
        case .uint32, .int32, .float32:
            for _ in 0..<count { output.appendLittleEndian(take(UInt32.self, &cursor)) }
        case .uint64, .int64, .float64:
            for _ in 0..<count { output.appendLittleEndian(take(UInt64.self, &cursor)) }
        case .string:
            for _ in 0..<count {
                let length = takeLength(&cursor)
                output.append(GGUFString(bytes: bytes[cursor..<cursor + length]))
                cursor += length
            }
        case .array:
            for _ in 0..<count {
                let number = take(UInt32.self, &cursor)
                guard let inner = GGUFValueType(rawValue: number) else {
                    preconditionFailure("the checker lets no unknown value type through")
                }
                let innerCount = takeLength(&cursor)
                output.appendLittleEndian(number)
                output.appendLittleEndian(UInt64(innerCount))
                convertElements(inner, innerCount, &cursor, into: &output)
            }
        }
    }

    private func take<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, _ cursor: inout Int) -> Value {
        let raw = bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: cursor, as: Value.self)
        cursor += MemoryLayout<Value>.size
        return order == .little ? Value(littleEndian: raw) : Value(bigEndian: raw)
    }

    private func takeLength(_ cursor: inout Int) -> Int {
        hasNarrowCounts ? Int(take(UInt32.self, &cursor)) : Int(take(UInt64.self, &cursor))
    }
}
