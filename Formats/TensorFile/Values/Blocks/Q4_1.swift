/// 32 values as 4-bit codes from the least value up: `[scale: F16][least: F16][16 bytes, as in Q4_0]`.
enum Q4_1: EncodableBlockFormat {
    static let type = ElementType.q4_1

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scale, least) = (block.half(0), block.half(2))
        for index in 0..<32 { values[index] = scale * Float(block.pairedCode(index, at: 4)) + least }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let (least, greatest) = Rounding.range(values, 32)
        let scale = (greatest - least) / 15
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        block.store(half: least, at: 2)
        block.storePairs(at: 4) { Rounding.code((values[$0] - least) * inverse + 0.5, 15) }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) && block.isFiniteHalf(2) }
}
