/// 8 groups of 32 values from a codebook of fours: `[scale: F16][64 bytes of indexes][8 × (4 × 7 bits of signs, 4 bits of
/// step)]`.
enum IQ3_XXS: BlockFormat {
    static let type = ElementType.iq3_XXS

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq3_XXS)
        for group in 0..<8 {
            let word = block.doubleWord(66 + 4 * group)
            let step = scale * (0.5 + Float(word >> 28)) * 0.5
            for four in 0..<8 {
                let signs = Codebook.signs(UInt8(truncatingIfNeeded: word >> (7 * (four / 2))) & 127) >> (four % 2 * 4)
                let entry = Int(block.byte(2 + 8 * group + four))
                codebook.write(entry, step, signs, to: values + 32 * group + 4 * four)
            }
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
