/// 32 values as 4-bit codes around 8, times one F16 scale: `[scale: F16][16 bytes: values 0…15 low, 16…31 high]`.
///
/// The scale maps the value of largest magnitude, with its sign, to code 0 (−8).
enum Q4_0: EncodableBlockFormat {
    static let type = ElementType.q4_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<16 {
            let pair = block.byte(2 + index)
            values[index] = scale * Float(Int(pair & 15) - 8)
            values[index + 16] = scale * Float(Int(pair >> 4) - 8)
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = Rounding.signedPeak(values, 32) / -8
        let inverse = scale == 0 ? 0 : 1 / scale
        block.store(half: scale, at: 0)
        for index in 0..<16 {
            let low = Rounding.code(values[index] * inverse + 8.5, 15)
            let high = Rounding.code(values[index + 16] * inverse + 8.5, 15)
            block.store(byte: low | high << 4, at: 2 + index)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
