/// 32 values as 5-bit codes from the least value up: `[scale: F16][least: F16][fifth bits: 32 bits][16 bytes, as in Q5_0]`.
enum Q5_1: EncodableBlockFormat {
    static let type = ElementType.q5_1

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, least, high) = (block.half(0), block.half(2), block.doubleWord(4))
        for index in 0..<32 {
            let code = Int(block.pairedCode(index, at: 8)) | Int(high >> index & 1) << 4
            values[index] = scale * Float(code) + least
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let (least, greatest) = Rounding.range(values, 32)
        let scale = (greatest - least) / 31
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        block.store(half: least, at: 2)
        block.storeFiveBitCodes(at: 4) { Rounding.code((values[$0] - least) * inverse + 0.5, 31) }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) && block.isFiniteHalf(2) }
}
