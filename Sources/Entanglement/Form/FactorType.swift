/// How the numbers of a table of factors are stored. Fitting rounds to this type, so that what is measured is what is kept.
///
/// The block types are GGUF's, laid over the flat array: 32 numbers share one half-precision scale; a last block
/// that is not full is filled with zeros.
public enum FactorType: String, Sendable, CaseIterable {
    /// IEEE single precision, 4 bytes.
    case float32 = "F32"
    /// IEEE half precision, 2 bytes.
    case float16 = "F16"
    /// bfloat16, 2 bytes.
    case bfloat16 = "BF16"
    /// 34 bytes for 32 numbers: scale max|x|/127, then 32 signed bytes.
    case q8_0 = "Q8_0"
    /// 18 bytes for 32 numbers: scale x/−8 for the number x of greatest magnitude, then 32 nibbles, of numbers i and
    /// i + 16 in one byte.
    case q4_0 = "Q4_0"

    /// The numbers of one block.
    public var blockLength: Int { self == .q8_0 || self == .q4_0 ? 32 : 1 }

    /// The bytes of one block.
    public var blockBytes: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q8_0: 34
        case .q4_0: 18
        }
    }

    /// The bytes that `count` numbers take.
    public func byteCount(of count: Int) -> Int {
        (count + blockLength - 1) / blockLength * blockBytes
    }

    /// The stored form of `values`, little-endian. Numbers must be finite; those beyond the type's range are clamped.
    public func encode(_ values: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount(of: values.count))
        switch self {
        case .float32: for value in values { bytes.append(littleEndian: value.bitPattern) }
        case .float16: for value in values { bytes.append(littleEndian: HalfPrecision.clampedPattern(of: value)) }
        case .bfloat16: for value in values { bytes.append(littleEndian: HalfPrecision.brainPattern(of: value)) }
        case .q8_0, .q4_0:
            var rest = values[...]
            while !rest.isEmpty {
                var block = Array(rest.prefix(blockLength))
                block.append(contentsOf: repeatElement(0, count: blockLength - block.count))
                rest = rest.dropFirst(blockLength)
                if self == .q8_0 {
                    Self.appendByteBlock(block, to: &bytes)
                } else {
                    Self.appendNibbleBlock(block, to: &bytes)
                }
            }
        }
        return bytes
    }

    /// The first `count` numbers of the stored form `bytes`; nil where their lengths disagree.
    public func decode(_ bytes: [UInt8], count: Int) -> [Float]? {
        let (padded, overflow) = count.addingReportingOverflow(blockLength - 1)
        guard count >= 0, !overflow, bytes.count % blockBytes == 0, bytes.count / blockBytes == padded / blockLength
        else {
            return nil
        }
        return [Float](unsafeUninitializedCapacity: padded / blockLength * blockLength) { values, initialized in
            for block in 0..<padded / blockLength {
                let first = block * blockBytes
                switch self {
                case .float32: values[block] = Float(bitPattern: bytes.littleEndian(at: first))
                case .float16: values[block] = HalfPrecision.value(of: bytes.littleEndian(at: first))
                case .bfloat16: values[block] = HalfPrecision.brainValue(of: bytes.littleEndian(at: first))
                case .q8_0:
                    let scale = HalfPrecision.value(of: bytes.littleEndian(at: first))
                    for i in 0..<32 { values[block * 32 + i] = scale * Float(Int8(bitPattern: bytes[first + 2 + i])) }
                case .q4_0:
                    let scale = HalfPrecision.value(of: bytes.littleEndian(at: first))
                    for i in 0..<16 {
                        let pair = bytes[first + 2 + i]
                        values[block * 32 + i] = scale * (Float(pair & 15) - 8)
                        values[block * 32 + 16 + i] = scale * (Float(pair >> 4) - 8)
                    }
                }
            }
            initialized = count
        }
    }

    /// `values` as they come back after storing.
    public func rounded(_ values: [Float]) -> [Float] {
        self == .float32 ? values : decode(encode(values), count: values.count) ?? values
    }

    private static func appendByteBlock(_ block: [Float], to bytes: inout [UInt8]) {
        let scale = min((block.map(abs).max() ?? 0) / 127, HalfPrecision.greatest)
        let inverse = scale == 0 ? 0 : 1 / scale
        bytes.append(littleEndian: HalfPrecision.clampedPattern(of: scale))
        for value in block {
            let level = (value * inverse).rounded(.toNearestOrAwayFromZero)
            bytes.append(UInt8(bitPattern: Int8(max(-127, min(127, level)))))
        }
    }

    private static func appendNibbleBlock(_ block: [Float], to bytes: inout [UInt8]) {
        let extreme = block.max { abs($0) < abs($1) } ?? 0
        let scale = max(-HalfPrecision.greatest, min(extreme / -8, HalfPrecision.greatest))
        let inverse = scale == 0 ? 0 : 1 / scale
        bytes.append(littleEndian: HalfPrecision.clampedPattern(of: scale))
        func level(_ value: Float) -> UInt8 { UInt8(max(0, min(15, value * inverse + 8.5))) }
        for i in 0..<16 { bytes.append(level(block[i]) | level(block[i + 16]) << 4) }
    }
}

extension HalfPrecision {
    /// The half nearest to `value`, the greatest finite one for values beyond it.
    static func clampedPattern(of value: Float) -> UInt16 {
        pattern(of: max(-greatest, min(value, greatest)))
    }
}

extension [UInt8] {
    /// Appends the bytes of `value`, lowest first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The number whose lowest byte lies at `offset`; all its bytes must be there.
    func littleEndian<Value: FixedWidthInteger>(at offset: Int) -> Value {
        var value: Value = 0
        for i in 0..<Value.bitWidth / 8 { value |= Value(truncatingIfNeeded: self[offset + i]) << (8 * i) }
        return value
    }
}
