/// 8 groups of 32 values from a codebook: `[scale: F16][8 × (4 bytes of indexes, 4 × 7 bits of signs, 4 bits of step)]`.
enum IQ2_XXS: BlockFormat {
    static let type = ElementType.iq2_XXS

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq2_XXS)
        for group in 0..<8 {
            let word = block.doubleWord(6 + 8 * group)
            let step = scale * (0.5 + Float(word >> 28)) * 0.25
            for run in 0..<4 {
                let signs = Codebook.signs(UInt8(truncatingIfNeeded: word >> (7 * run)) & 127)
                let entry = Int(block.byte(2 + 8 * group + run))
                codebook.write(entry, step, signs, to: values + 32 * group + 8 * run)
            }
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
