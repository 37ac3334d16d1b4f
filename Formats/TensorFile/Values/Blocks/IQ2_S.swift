/// 32 runs of 8 values from a codebook: `[scale: F16][32 low bytes of indexes][32 bytes of signs][8 bytes of four upper
/// pairs][8 bytes of two steps]`; a step serves two runs.
enum IQ2_S: BlockFormat {
    static let type = ElementType.iq2_S

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, codebook) = (block.half(0), Codebook.iq2_S)
        for run in 0..<32 {
            let high = block.byte(66 + run / 4) >> (run % 4 * 2) & 3
            let step = scale * (0.5 + Float(block.byte(74 + run / 4) >> (run / 2 % 2 * 4) & 15)) * 0.25
            let entry = Int(block.byte(2 + run)) | Int(high) << 8
            codebook.write(entry, step, block.byte(34 + run), to: values + 8 * run)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
