/// 4 groups of 16 values as 4-bit floats (E2M1), each with an 8-bit scale: `[4 × unsigned E4M3][4 × 8 bytes: values 0…7 low,
/// 8…15 high]`. Files keep a further F32 scale for the whole tensor beside it; it is not applied here.
///
/// A group whose largest magnitude exceeds 6 · 448 is clipped, as by ggml.
enum NVFP4: EncodableBlockFormat {
    static let type = ElementType.nvfp4

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        for group in 0..<4 {
            let scale = scale(block.byte(group))
            for index in 0..<16 {
                let code = block.byte(4 + 8 * group + index % 8) >> (index / 8 * 4) & 15
                values[16 * group + index] = scale * FourBitFloat.doubled[Int(code)]
            }
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        for group in 0..<4 {
            let part = values + 16 * group
            let stored = scaleCode(abs(Rounding.signedPeak(part, 16)) / 6)
            let scale = scale(stored)
            block.store(byte: stored, at: group)
            for index in 0..<8 {
                let high = FourBitFloat.code(part[index + 8], scale) << 4
                block.store(byte: FourBitFloat.code(part[index], scale) | high, at: 4 + 8 * group + index)
            }
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { true }

    /// Half the value of a scale's code, since the table's values are doubled. The code of NaN is read as 0, as by ggml.
    private static func scale(_ code: UInt8) -> Float {
        let (exponent, mantissa) = (Int(code >> 3 & 15), Float(code & 7))
        if code == 0x7F { return 0 }
        return exponent == 0 ? mantissa * 0x1p-10 : (8 + mantissa) * Float(bitPattern: UInt32(exponent + 116) << 23)
    }

    /// The code of a scale, rounded as ggml does: to nearest, halves up, and from 256 on the last code.
    private static func scaleCode(_ scale: Float) -> UInt8 {
        guard scale > 0 else { return 0 }
        let held = min(scale, 448)
        if held < 0x1p-6 { return UInt8(min(7, held * 512 + 0.5)) }
        let code = (held.bitPattern + 0x8_0000) >> 20 - 120 << 3
        return code < 0x78 ? UInt8(code) : 0x7E
    }
}
