extension ElementType {
    /// True for whole numbers, BOOL included.
    public var isInteger: Bool {
        switch self {
        case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: true
        default: false
        }
    }
}

/// A number that integers are read into and written from.
protocol IntegerExchange {
    /// The nearest number to `integer`; nil where it is outside the range.
    static func holding(_ integer: some FixedWidthInteger) -> Self?
    /// The integer that the number is; nil where it is none, or outside the type's range.
    func exactly<Stored: FixedWidthInteger>(_ type: Stored.Type) -> Stored?
}

extension Float: IntegerExchange {
    static func holding(_ integer: some FixedWidthInteger) -> Float? { Float(integer) }
    func exactly<Stored: FixedWidthInteger>(_ type: Stored.Type) -> Stored? { Stored(exactly: self) }
}

extension Double: IntegerExchange {
    static func holding(_ integer: some FixedWidthInteger) -> Double? { Double(integer) }
    func exactly<Stored: FixedWidthInteger>(_ type: Stored.Type) -> Stored? { Stored(exactly: self) }
}

extension Int64: IntegerExchange {
    static func holding(_ integer: some FixedWidthInteger) -> Int64? { Int64(exactly: integer) }
    func exactly<Stored: FixedWidthInteger>(_ type: Stored.Type) -> Stored? { Stored(exactly: self) }
}

extension ValueCodec {
    /// Reads integers of `type`. A byte of BOOL that is not zero is 1.
    static func decodeIntegers<Number: IntegerExchange>(
        _ source: UnsafeRawPointer,
        as type: ElementType,
        into values: UnsafeMutableBufferPointer<Number>
    ) throws(TensorFileError) {
        switch type {
        case .int64: try read(Int64.self, source, values) { $0 }
        case .int32: try read(Int32.self, source, values) { $0 }
        case .int16: try read(Int16.self, source, values) { $0 }
        case .int8: try read(Int8.self, source, values) { $0 }
        case .uint64: try read(UInt64.self, source, values) { $0 }
        case .uint32: try read(UInt32.self, source, values) { $0 }
        case .uint16: try read(UInt16.self, source, values) { $0 }
        case .uint8: try read(UInt8.self, source, values) { $0 }
        case .bool: try read(UInt8.self, source, values) { min($0, 1) }
        default: throw unsupported(type, "read as integers")
        }
    }

    /// Writes whole numbers as integers of `type`; the first that is none, or outside the type's range, throws.
    static func encodeIntegers<Number: IntegerExchange>(
        _ values: UnsafeBufferPointer<Number>,
        as type: ElementType,
        into target: UnsafeMutableRawPointer
    ) throws(TensorFileError) {
        switch type {
        case .int64: try write(values, target, Int64.min...Int64.max)
        case .int32: try write(values, target, Int32.min...Int32.max)
        case .int16: try write(values, target, Int16.min...Int16.max)
        case .int8: try write(values, target, Int8.min...Int8.max)
        case .uint64: try write(values, target, UInt64.min...UInt64.max)
        case .uint32: try write(values, target, UInt32.min...UInt32.max)
        case .uint16: try write(values, target, UInt16.min...UInt16.max)
        case .uint8: try write(values, target, UInt8.min...UInt8.max)
        case .bool: try write(values, target, UInt8(0)...1)
        default: throw unsupported(type, "written as integers")
        }
    }

    private static func read<Number: IntegerExchange, Stored: FixedWidthInteger>(
        _ stored: Stored.Type,
        _ source: UnsafeRawPointer,
        _ values: UnsafeMutableBufferPointer<Number>,
        _ normalised: (Stored) -> Stored
    ) throws(TensorFileError) {
        for index in values.indices {
            let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: stored)
            let integer = normalised(Stored(littleEndian: bits))
            guard let number = Number.holding(integer) else {
                throw outOfRange(index, "\(integer) is outside the range of \(Number.self)")
            }
            values[index] = number
        }
    }

    private static func write<Number: IntegerExchange, Stored: FixedWidthInteger>(
        _ values: UnsafeBufferPointer<Number>,
        _ target: UnsafeMutableRawPointer,
        _ range: ClosedRange<Stored>
    ) throws(TensorFileError) {
        for index in values.indices {
            guard let integer = values[index].exactly(Stored.self), range.contains(integer) else {
                let cause = "\(values[index]) is no whole number from \(range.lowerBound) to \(range.upperBound)"
                throw outOfRange(index, cause)
            }
            let offset = index * MemoryLayout<Stored>.size
            target.storeBytes(of: integer.littleEndian, toByteOffset: offset, as: Stored.self)
        }
    }

    static func outOfRange(_ index: Int, _ cause: String) -> TensorFileError {
        let remedy = "round or clip the tensor first, or choose a wider type"
        return TensorFileError(.value, place: "element \(index)", cause: cause, remedy: remedy)
    }
}
