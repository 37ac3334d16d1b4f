/// 32 runs of 8 values from a codebook: `[scale: F16][32 × (9 bits of index, 7 bits of signs)][8 bytes of two steps]`; a step
/// serves two runs.
enum IQ2_XS: BlockFormat {
    static let type = ElementType.iq2_XS

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq2_XS)
        for run in 0..<32 {
            let word = block.word(2 + 2 * run)
            let step = scale * (0.5 + Float(block.byte(66 + run / 4) >> (run / 2 % 2 * 4) & 15)) * 0.25
            let signs = Codebook.signs(UInt8(truncatingIfNeeded: word >> 9))
            codebook.write(Int(word & 511), step, signs, to: values + 8 * run)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
