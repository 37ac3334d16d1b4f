/// 8 groups of 32 values in IQ4_NL's table: `[scale unit: F16][upper pairs of 8 steps: 16 bits][4 bytes of two lower
/// halves][8 × 16 bytes of codes]`; steps are 6 bits around 32.
enum IQ4_XS: BlockFormat {
    static let type = ElementType.iq4_XS

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (unit, high) = (block.half(0), block.word(2))
        for group in 0..<8 {
            let low = block.byte(4 + group / 2) >> (group % 2 * 4) & 15
            let scale = unit * Float(Int(low) | Int(high >> (2 * group) & 3) << 4 - 32)
            for index in 0..<32 {
                let code = block.pairedCode(index, at: 8 + 16 * group)
                values[32 * group + index] = scale * IQ4_NL.levels[Int(code)]
            }
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
