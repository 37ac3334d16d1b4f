/// 32 values as 5-bit codes around 16: `[scale: F16][fifth bits: 32 bits][16 bytes of lower bits, as in Q4_0]`.
enum Q5_0: EncodableBlockFormat {
    static let type = ElementType.q5_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, high) = (block.half(0), block.doubleWord(2))
        for index in 0..<32 {
            let code = Int(block.pairedCode(index, at: 6)) | Int(high >> index & 1) << 4
            values[index] = scale * Float(code - 16)
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = Rounding.signedPeak(values, 32) / -16
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        block.storeFiveBitCodes(at: 2) { Rounding.code(values[$0] * inverse + 16.5, 31) }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
