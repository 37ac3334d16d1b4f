import TensorFile

/// Reads metadata values and proves that their lengths stay in the file, so that later decoding cannot fail.
struct GGUFValueChecker {
    let key: String
    let strictness: Strictness
    /// Truth values other than 0 and 1 that were let through.
    var oddBools = 0

    init(key: String, strictness: Strictness) {
        self.key = key
        self.strictness = strictness
    }

    mutating func readValue(_ reader: inout GGUFHeaderReader) throws(TensorFileError) -> GGUFValueDraft {
        switch try readType(&reader) {
        case .uint8: return .scalar(.uint8(try reader.read(UInt8.self, place)))
        case .int8: return .scalar(.int8(try reader.read(Int8.self, place)))
        case .uint16: return .scalar(.uint16(try reader.read(UInt16.self, place)))
        case .int16: return .scalar(.int16(try reader.read(Int16.self, place)))
        case .uint32: return .scalar(.uint32(try reader.read(UInt32.self, place)))
        case .int32: return .scalar(.int32(try reader.read(Int32.self, place)))
        case .uint64: return .scalar(.uint64(try reader.read(UInt64.self, place)))
        case .int64: return .scalar(.int64(try reader.read(Int64.self, place)))
        case .float32: return .scalar(.float32(Float(bitPattern: try reader.read(UInt32.self, place))))
        case .float64: return .scalar(.float64(Double(bitPattern: try reader.read(UInt64.self, place))))
        case .bool:
            let start = reader.offset
            try reader.skip(1, place)
            try checkBools(in: start..<reader.offset, reader.bytes)
            return .scalar(.bool(reader.bytes[start] != 0))
        case .string:
            let length = try reader.readLength("length of \(place)")
            let start = reader.offset
            try reader.skip(length, place)
            return .string(start..<reader.offset)
        case .array:
            let (type, count) = try readArrayHead(&reader)
            let start = reader.offset
            try skipElements(type, count, &reader, depth: 1)
            return .array(type, count: count, start..<reader.offset)
        }
    }

    private var place: String { "key \"\(key)\"" }

    private func readType(_ reader: inout GGUFHeaderReader) throws(TensorFileError) -> GGUFValueType {
        let number = try reader.read(UInt32.self, "type of \(place)")
        guard let type = GGUFValueType(rawValue: number) else {
            throw TensorFileError(
                .unsupported,
                place: place,
                cause: "value type \(number) is unknown; 0 to 12 are known",
                remedy: "the file is damaged or newer than this reader"
            )
        }
        return type
    }

    private func readArrayHead(
        _ reader: inout GGUFHeaderReader
    ) throws(TensorFileError) -> (GGUFValueType, count: Int) {
        let type = try readType(&reader)
        let width = reader.hasNarrowCounts ? 4 : 8
        let minimum =
            switch type {
            case .string: width
            case .array: 4 + width
            default: type.byteCount ?? 1
            }
        return (type, try reader.readCount(minimumBytes: minimum, "element count of \(place)"))
    }

    private mutating func skipElements(
        _ type: GGUFValueType,
        _ count: Int,
        _ reader: inout GGUFHeaderReader,
        depth: Int
    ) throws(TensorFileError) {
        let start = reader.offset
        switch type {
        case .string:
            for index in 0..<count {
                let length = try reader.readLength("length of string \(index) of \(place)")
                try reader.skip(length, "string \(index) of \(place)")
            }
        case .array:
            guard depth < GGUFLimit.nesting else {
                throw TensorFileError(
                    .limit,
                    place: place,
                    cause: "arrays are nested more than \(GGUFLimit.nesting) deep",
                    remedy: "the file is damaged or hostile; fetch it again"
                )
            }
            for _ in 0..<count {
                let (inner, innerCount) = try readArrayHead(&reader)
                try skipElements(inner, innerCount, &reader, depth: depth + 1)
            }
        default:
            // The count is proved to fit in the file, so that the product stays far from overflow.
            try reader.skip(count * (type.byteCount ?? 1), "elements of \(place)")
            if type == .bool { try checkBools(in: start..<reader.offset, reader.bytes) }
        }
    }

    private mutating func checkBools(in range: Range<Int>, _ bytes: [UInt8]) throws(TensorFileError) {
        let odd = bytes[range].reduce(0) { $0 + ($1 > 1 ? 1 : 0) }
        guard odd == 0 || strictness == .lenient else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "a truth value is neither 0 nor 1",
                remedy: "the file is damaged; read leniently to take such values as true"
            )
        }
        oddBools += odd
    }
}
