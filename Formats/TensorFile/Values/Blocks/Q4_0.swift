/// 32 values as 4-bit codes around 8, times one F16 scale: `[scale: F16][16 bytes: values 0…15 low, 16…31 high]`.
///
/// The scale maps the value of largest magnitude, with its sign, to code 0 (−8).
enum Q4_0: EncodableBlockFormat {
    static let type = ElementType.q4_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<32 { values[index] = scale * Float(Int(block.pairedCode(index, at: 2)) - 8) }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = Rounding.signedPeak(values, 32) / -8
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        block.storePairs(at: 2) { Rounding.code(values[$0] * inverse + 8.5, 15) }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
