// The ways around Float: Double keeps F64 and 53-bit integers, Int64 keeps all integers but the upper half of U64.

extension ValueCodec {
    /// Decodes all of `bytes` into `values`: exact for every type except I64 and U64 beyond ±2⁵³, which are rounded.
    ///
    /// - Throws: as `decode(_:as:into:)` for Float.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        into values: UnsafeMutableBufferPointer<Double>
    ) throws(TensorFileError) {
        _ = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let source = bytes.baseAddress else { return }
        if type.isInteger { return try decodeIntegers(source, as: type, into: values) }
        if type == .float64 { return UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes) }
        let floats = try Self.floats(bytes, as: type, count: values.count)
        for index in values.indices { values[index] = Double(floats[index]) }
    }

    /// Decodes integers, or floats that are whole numbers, into `values`, exactly.
    ///
    /// - Throws: as `decode(_:as:into:)` for Float, and `.value` for an element that is no whole number in Int64's range.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        into values: UnsafeMutableBufferPointer<Int64>
    ) throws(TensorFileError) {
        _ = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let source = bytes.baseAddress, let target = values.baseAddress else { return }
        if type.isInteger { return try decodeIntegers(source, as: type, into: values) }
        try doubles(bytes, as: type, count: values.count).withUnsafeBufferPointer { numbers throws(TensorFileError) in
            try encodeIntegers(numbers, as: .int64, into: target)
        }
    }

    /// Encodes all of `values` into `bytes`. F64 is a copy; other floats are rounded to Float first, then to `type`.
    ///
    /// - Throws: as `encode(_:as:into:nonFinite:)` for Float, and `.value` for a finite value beyond Float's range.
    public static func encode(
        _ values: UnsafeBufferPointer<Double>,
        as type: ElementType,
        into bytes: UnsafeMutableRawBufferPointer,
        nonFinite: NonFinitePolicy = .refuse
    ) throws(TensorFileError) {
        _ = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let target = bytes.baseAddress else { return }
        if type.isInteger { return try encodeIntegers(values, as: type, into: target) }
        if type == .float64 { return bytes.copyMemory(from: UnsafeRawBufferPointer(values)) }
        let floats = values.map { Float($0) }
        if nonFinite == .refuse,
            let index = values.indices.first(where: { floats[$0].isInfinite && values[$0].isFinite })
        {
            throw outOfRange(index, "\(values[index]) is beyond the range of \(type.name)")
        }
        try floats.withUnsafeBufferPointer { floats throws(TensorFileError) in
            try encode(floats, as: type, into: bytes, nonFinite: nonFinite)
        }
    }

    /// Encodes all of `values` into `bytes`: exactly into integer types, to the nearest value into others.
    ///
    /// - Throws: `.value` for an element outside the range of `type`; otherwise as `encode(_:as:into:nonFinite:)`.
    public static func encode(
        _ values: UnsafeBufferPointer<Int64>,
        as type: ElementType,
        into bytes: UnsafeMutableRawBufferPointer
    ) throws(TensorFileError) {
        _ = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let target = bytes.baseAddress else { return }
        if type.isInteger { return try encodeIntegers(values, as: type, into: target) }
        try values.map { Double($0) }.withUnsafeBufferPointer { numbers throws(TensorFileError) in
            try encode(numbers, as: type, into: bytes)
        }
    }
}
