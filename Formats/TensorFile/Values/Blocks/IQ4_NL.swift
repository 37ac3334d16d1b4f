/// 32 values as 4-bit codes of a fixed non-uniform table, times one F16 scale: `[scale: F16][16 bytes, as in Q4_0]`.
enum IQ4_NL: BlockFormat {
    static let type = ElementType.iq4_NL

    /// The table of IQ4_NL and IQ4_XS.
    static let levels: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<32 { values[index] = scale * levels[Int(block.pairedCode(index, at: 2))] }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
