/// An array of a GGUF file's metadata: its elements stay encoded until they are asked for, so that opening a file with a
/// vocabulary of 150,000 tokens makes no 150,000 objects.
///
/// Equality compares encodings, so that arrays of floats with NaN equal themselves.
public struct GGUFArray: Hashable, Sendable {
    /// The type of the elements.
    public let elementType: GGUFValueType
    /// The number of elements.
    public let count: Int
    /// The elements as version 3 writes them, little-endian; proved to be well-formed.
    let encoded: ArraySlice<UInt8>

    init(elementType: GGUFValueType, count: Int, encoded: ArraySlice<UInt8>) {
        self.elementType = elementType
        self.count = count
        self.encoded = encoded
    }

    /// An array of numbers.
    public init<Scalar: GGUFScalar>(_ values: some Sequence<Scalar>) {
        var bytes: [UInt8] = []
        var count = 0
        for value in values {
            bytes.appendLittleEndian(value.ggufBits)
            count += 1
        }
        self.init(elementType: Scalar.ggufType, count: count, encoded: bytes[...])
    }

    /// An array of truth values.
    public init(_ values: some Sequence<Bool>) {
        let bytes = values.map { UInt8($0 ? 1 : 0) }
        self.init(elementType: .bool, count: bytes.count, encoded: bytes[...])
    }

    /// An array of strings.
    public init(_ values: some Sequence<GGUFString>) {
        var bytes: [UInt8] = []
        var count = 0
        for value in values {
            bytes.append(value)
            count += 1
        }
        self.init(elementType: .string, count: count, encoded: bytes[...])
    }

    /// An array of texts.
    public init(_ values: some Sequence<String>) {
        self.init(values.lazy.map { GGUFString($0) })
    }

    /// The strings; nil where the elements are none.
    public var strings: GGUFStrings? {
        elementType == .string ? GGUFStrings(count: count, encoded: encoded) : nil
    }

    /// The numbers; nil where the elements are of another type than `Scalar`.
    public func values<Scalar: GGUFScalar>(as type: Scalar.Type) -> [Scalar]? {
        guard elementType == Scalar.ggufType else { return nil }
        return decode(Scalar.Bits.self) { Scalar(ggufBits: $0) }
    }

    /// The truth values; nil where the elements are none.
    public var bools: [Bool]? {
        elementType == .bool ? encoded.map { $0 != 0 } : nil
    }

    /// The integers of any width; nil where the elements are none or one of them leaves the range of `Int`.
    public var integers: [Int]? {
        switch elementType {
        case .uint8: values(as: UInt8.self)?.map { Int($0) }
        case .int8: values(as: Int8.self)?.map { Int($0) }
        case .uint16: values(as: UInt16.self)?.map { Int($0) }
        case .int16: values(as: Int16.self)?.map { Int($0) }
        case .uint32: values(as: UInt32.self)?.map { Int($0) }
        case .int32: values(as: Int32.self)?.map { Int($0) }
        case .int64: values(as: Int64.self)?.map { Int($0) }
        case .uint64:
            values(as: UInt64.self).flatMap { values in
                values.allSatisfy { $0 <= UInt64(Int.max) } ? values.map { Int($0) } : nil
            }
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// The floating-point numbers, those of 64 bits rounded; nil where the elements are none.
    public var floats: [Float]? {
        values(as: Float.self) ?? values(as: Double.self)?.map { Float($0) }
    }

    /// The bytes of an array of 8-bit integers, unsigned; nil for other elements.
    public var octets: ArraySlice<UInt8>? {
        elementType == .uint8 || elementType == .int8 ? encoded : nil
    }

    /// The inner arrays; nil where the elements are none.
    public var arrays: [GGUFArray]? {
        guard elementType == .array else { return nil }
        var rest = encoded
        return (0..<count).map { _ in GGUFArray(takingFrom: &rest) }
    }

    /// Takes an inner array, whose encoding is proved, off the front of `rest`.
    private init(takingFrom rest: inout ArraySlice<UInt8>) {
        let number = rest.loadLittleEndian(UInt32.self, at: rest.startIndex)
        guard let type = GGUFValueType(rawValue: number) else {
            preconditionFailure("the reader lets no unknown value type through")
        }
        let count = Int(rest.loadLittleEndian(UInt64.self, at: rest.startIndex + 4))
        let body = rest.dropFirst(12)
        var tail = body
        if let width = type.byteCount {
            tail = body.dropFirst(width * count)
        } else {
            for _ in 0..<count {
                if type == .string {
                    tail = tail.dropFirst(8 + Int(tail.loadLittleEndian(UInt64.self, at: tail.startIndex)))
                } else {
                    _ = GGUFArray(takingFrom: &tail)
                }
            }
        }
        self.init(elementType: type, count: count, encoded: body[..<tail.startIndex])
        rest = tail
    }

    private func decode<Bits: FixedWidthInteger, Value>(_ bits: Bits.Type, _ make: (Bits) -> Value) -> [Value] {
        encoded.withUnsafeBytes { buffer in
            [Value](unsafeUninitializedCapacity: count) { output, filled in
                for index in 0..<count {
                    let offset = index * MemoryLayout<Bits>.size
                    let value = make(Bits(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
                    output.initializeElement(at: index, to: value)
                }
                filled = count
            }
        }
    }
}
