/// 64 runs of 4 values from a codebook: `[scale: F16][64 low bytes of indexes][8 bytes of ninth bits][32 bytes of signs][4
/// bytes of two steps]`; a step serves 32 values.
enum IQ3_S: BlockFormat {
    static let type = ElementType.iq3_S

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq3_S)
        for run in 0..<64 {
            let group = run / 8
            let step = scale * Float(1 + 2 * (block.byte(106 + group / 2) >> (group % 2 * 4) & 15))
            let entry = Int(block.byte(2 + run)) | Int(block.byte(66 + group) >> (run % 8) & 1) << 8
            codebook.write(entry, step, block.byte(74 + run / 2) >> (run % 2 * 4), to: values + 4 * run)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
