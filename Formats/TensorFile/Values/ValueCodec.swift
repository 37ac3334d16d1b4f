/// Converts stored tensor values to numbers and back, for every `ElementType`.
///
/// A call takes a run of whole blocks. Blocks do not depend on each other, so a caller may cut a tensor at block
/// boundaries and convert the pieces on any number of threads: the bytes are the same. They are also the same on every
/// CPU. Bytes may lie at any address; they are little-endian.
///
/// Block types follow ggml: decoding is bit-equal to ggml and its Python package gguf, and so is encoding, apart from the K
/// types, whose error is smaller (see `ScaleSearch`). The small floats follow ml_dtypes.
public enum ValueCodec {
    /// What `encode` does with values that stop being what they were: NaN and infinities that the type has no code for,
    /// and finite values that the type, or their block's scale, would turn into NaN or infinity.
    public enum NonFinitePolicy: Hashable, Sendable {
        /// Throw, naming the first such element.
        case refuse
        /// Write what gguf and ml_dtypes write. A NaN or infinity takes its whole block with it in most block types.
        case allow
    }

    /// Decodes all of `bytes` into `values`.
    ///
    /// Integers beyond ±2²⁴ and F64 values are rounded to the nearest Float; BOOL gives 0 or 1.
    /// - Throws: `.mismatch` where the bytes are not the whole blocks of exactly `values.count` values, `.unsupported`
    ///   where `type.isDecodable` is false.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        into values: UnsafeMutableBufferPointer<Float>
    ) throws(TensorFileError) {
        let blocks = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let source = bytes.baseAddress, let target = values.baseAddress else { return }
        if type.isInteger { return try decodeIntegers(source, as: type, into: values) }
        guard let codec = BlockCodec.of(type) else { throw unsupported(type, "decoded") }
        codec.loops.decode(source, target, blocks)
    }

    /// Encodes all of `values` into `bytes`, rounding to the nearest value that the type has.
    ///
    /// Integer types take whole numbers in their range only; BOOL takes 0 and 1.
    /// - Throws: `.mismatch` where the values do not fill `bytes` with whole blocks, `.unsupported` where
    ///   `type.isEncodable` is false, `.value` where `nonFinite` or an integer type refuses an element.
    public static func encode(
        _ values: UnsafeBufferPointer<Float>,
        as type: ElementType,
        into bytes: UnsafeMutableRawBufferPointer,
        nonFinite: NonFinitePolicy = .refuse
    ) throws(TensorFileError) {
        let blocks = try countBlocks(of: type, values: values.count, bytes: bytes.count)
        guard let source = values.baseAddress, let target = bytes.baseAddress else { return }
        if type.isInteger { return try encodeIntegers(values, as: type, into: target) }
        guard let codec = BlockCodec.of(type), let encode = codec.loops.encode else {
            throw unsupported(type, "encoded")
        }
        // A piece at a time, so that the check finds the values still in the cache.
        let geometry = type.geometry
        let piece = max(1, 4096 / geometry.elements)
        for first in stride(from: 0, to: blocks, by: piece) {
            let count = min(piece, blocks - first)
            let (input, output) = (source + first * geometry.elements, target + first * geometry.bytes)
            encode(input, output, count)
            if nonFinite == .refuse, let lost = codec.firstLost(input, output, count) {
                let index = first * geometry.elements + lost
                throw TensorFileError(
                    .value,
                    place: "element \(index)",
                    cause: "\(values[index]) does not survive in \(type.name)",
                    remedy: "correct the tensor, choose a wider type, or allow non-finite values"
                )
            }
        }
    }

    /// The blocks of `bytes` with a NaN or infinite scale (for plain floats: the NaN and infinite elements), in ascending
    /// order, at most `limit` of them; the rule of ggml's `ggml_validate_row_data`. Empty for integers.
    ///
    /// - Throws: `.mismatch` where `bytes` is no whole number of blocks, `.unsupported` for complex numbers.
    public static func nonFiniteBlocks(
        in bytes: UnsafeRawBufferPointer,
        as type: ElementType,
        limit: Int = 100
    ) throws(TensorFileError) -> [Int] {
        let geometry = type.geometry
        let values = (bytes.count / geometry.bytes).multipliedReportingOverflow(by: geometry.elements)
        let blocks = try countBlocks(of: type, values: values.overflow ? -1 : values.partialValue, bytes: bytes.count)
        if type.isInteger { return [] }
        guard let codec = BlockCodec.of(type) else { throw unsupported(type, "checked") }
        guard let source = bytes.baseAddress else { return [] }
        return Array((0..<blocks).lazy.filter { !codec.isFinite(source + $0 * geometry.bytes) }.prefix(max(0, limit)))
    }

    /// The number of blocks that `values` values take, provided that they take exactly `bytes` bytes.
    static func countBlocks(of type: ElementType, values: Int, bytes: Int) throws(TensorFileError) -> Int {
        let geometry = type.geometry
        guard let size = geometry.byteCount(elements: values), size == bytes else {
            throw TensorFileError(
                .mismatch,
                place: type.name,
                cause:
                    "\(values) values and \(bytes) bytes do not make blocks of \(geometry.elements) in \(geometry.bytes)",
                remedy: "pass whole blocks (GGUF rows are multiples of the block size)"
            )
        }
        return values / geometry.elements
    }

    static func unsupported(_ type: ElementType, _ verb: String) -> TensorFileError {
        TensorFileError(
            .unsupported,
            place: type.name,
            cause: "values of this type cannot be \(verb) here",
            remedy: "convert the tensor to another type with the tool that made it"
        )
    }
}

extension ElementType {
    /// True where `ValueCodec` reads the type's values.
    public var isDecodable: Bool { isInteger || BlockCodec.of(self) != nil }
    /// True where `ValueCodec` writes the type's values.
    public var isEncodable: Bool { isInteger || BlockCodec.of(self)?.loops.encode != nil }
}
