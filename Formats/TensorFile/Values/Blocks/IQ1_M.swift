/// 32 runs of 8 values, −1, 0 or 1 from a codebook, plus or minus ⅛: `[32 low bytes of indexes][16 bytes of two (3 upper bits,
/// sign of the eighth)][4 × (4 × 3 bits of step, 4 bits of the scale)]`; a step serves two runs, the scale is an F16.
enum IQ1_M: BlockFormat {
    static let type = ElementType.iq1_M

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (Half.float(scaleBits(block)), Codebook.iq1)
        for run in 0..<32 {
            let step = scale * Float(2 * (block.word(48 + run / 8 * 2) >> (run / 2 % 4 * 3) & 7) + 1)
            let high = block.byte(32 + run / 2) >> (run % 2 * 4) & 15
            let entry = Int(block.byte(run)) | Int(high & 7) << 8
            codebook.write(entry, step, shift: high & 8 == 0 ? 0.125 : -0.125, to: values + 8 * run)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool {
        scaleBits(block) & Half.exponentMask != Half.exponentMask
    }

    private static func scaleBits(_ block: UnsafeRawPointer) -> UInt16 {
        (0..<4).reduce(UInt16(0)) { $0 | (block.word(48 + 2 * $1) >> 12) << (4 * $1) }
    }
}
