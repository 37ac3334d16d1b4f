/// 8 groups of 32 values, −1, 0 or 1 from a codebook, plus or minus ⅛: `[scale: F16][32 low bytes of indexes][8 × (4 × 3
/// upper bits, 3 bits of step, sign of the eighth)]`.
enum IQ1_S: BlockFormat {
    static let type = ElementType.iq1_S

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq1)
        for group in 0..<8 {
            let word = block.word(34 + 2 * group)
            let step = scale * Float(2 * (word >> 12 & 7) + 1)
            for run in 0..<4 {
                let entry = Int(block.byte(2 + 4 * group + run)) | Int(word >> (3 * run) & 7) << 8
                let shift: Float = word & 0x8000 == 0 ? 0.125 : -0.125
                codebook.write(entry, step, shift: shift, to: values + 32 * group + 8 * run)
            }
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
