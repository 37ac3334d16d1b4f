// The same for arrays, where a tensor is small enough to be held twice.

extension ValueCodec {
    /// The `count` values of `bytes` as floats; see `decode(_:as:into:)`.
    public static func floats(
        _ bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        count: Int
    ) throws(TensorFileError) -> [Float] {
        _ = try countBlocks(of: type, values: count, bytes: bytes.count)
        var values = [Float](repeating: 0, count: count)
        try values.withUnsafeMutableBufferPointer { values throws(TensorFileError) in
            try decode(bytes, as: type, into: values)
        }
        return values
    }

    /// The `count` values of `bytes` as doubles; see `decode(_:as:into:)`.
    public static func doubles(
        _ bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        count: Int
    ) throws(TensorFileError) -> [Double] {
        _ = try countBlocks(of: type, values: count, bytes: bytes.count)
        var values = [Double](repeating: 0, count: count)
        try values.withUnsafeMutableBufferPointer { values throws(TensorFileError) in
            try decode(bytes, as: type, into: values)
        }
        return values
    }

    /// The bytes of `values` as `type`; see `encode(_:as:into:nonFinite:)`.
    public static func bytes(
        of values: [Float],
        as type: ElementType,
        nonFinite: NonFinitePolicy = .refuse
    ) throws(TensorFileError) -> [UInt8] {
        guard let size = type.geometry.byteCount(elements: values.count) else {
            _ = try countBlocks(of: type, values: values.count, bytes: 0)
            return []
        }
        var bytes = [UInt8](repeating: 0, count: size)
        try bytes.withUnsafeMutableBufferPointer { bytes throws(TensorFileError) in
            try values.withUnsafeBufferPointer { values throws(TensorFileError) in
                try encode(values, as: type, into: UnsafeMutableRawBufferPointer(bytes), nonFinite: nonFinite)
            }
        }
        return bytes
    }
}
