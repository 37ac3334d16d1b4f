/// 64 values as −1, 0 or 1 (2 can be read) times the largest magnitude: `[scale: F16][16 bytes of four codes in order]`.
enum Q2_0: EncodableBlockFormat {
    static let type = ElementType.q2_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<64 {
            let code = block.byte(2 + index / 4) >> (index % 4 * 2) & 3
            values[index] = scale * Float(Int(code) - 1)
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = abs(Rounding.signedPeak(values, 64))
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        for byte in 0..<16 {
            let codes = (0..<4).reduce(0) { codes, index in
                codes | (Int(Rounding.halfAwayFromZero(values[4 * byte + index] * inverse)) + 1) << (2 * index)
            }
            block.store(byte: UInt8(truncatingIfNeeded: codes), at: 2 + byte)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
