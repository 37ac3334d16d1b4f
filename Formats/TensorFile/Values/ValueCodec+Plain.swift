extension ValueCodec {
    /// `decode` for block types by the plain loops in Swift: the oracle of the kernels.
    package static func decodePlainly(_ bytes: [UInt8], as type: ElementType) throws(TensorFileError) -> [Float] {
        let blocks = bytes.count / type.geometry.bytes
        let count = blocks * type.geometry.elements
        _ = try countBlocks(of: type, values: count, bytes: bytes.count)
        guard let plain = BlockCodec.of(type)?.plain else { throw unsupported(type, "decoded") }
        return [Float](unsafeUninitializedCapacity: count) { values, filled in
            bytes.withUnsafeBytes { bytes in
                guard let source = bytes.baseAddress, let target = values.baseAddress else { return }
                plain.decode(source, target, blocks)
                filled = count
            }
        }
    }

    /// `encode` for block types by the plain loops in Swift, whatever becomes of NaN: the oracle of the kernels.
    package static func encodePlainly(_ values: [Float], as type: ElementType) throws(TensorFileError) -> [UInt8] {
        let blocks = values.count / type.geometry.elements
        let count = blocks * type.geometry.bytes
        _ = try countBlocks(of: type, values: values.count, bytes: count)
        guard let encode = BlockCodec.of(type)?.plain.encode else { throw unsupported(type, "encoded") }
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            values.withUnsafeBufferPointer { values in
                guard let source = values.baseAddress, let target = bytes.baseAddress else { return }
                encode(source, target, blocks)
                filled = count
            }
        }
    }
}
