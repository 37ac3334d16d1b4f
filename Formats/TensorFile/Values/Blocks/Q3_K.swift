/// 16 groups of 16 values as 3-bit codes around 4, without offset:
/// `[32 bytes of third bits][64 bytes of four codes, as in Q2_K][12 bytes of 6-bit steps around 32][scale unit: F16]`.
///
/// Bit b of byte i of the third bits belongs to value 32b + i. The lower half of step g is half g / 8 of byte g % 8, its
/// upper two bits are pair g / 4 of byte 8 + g % 4.
enum Q3_K: EncodableBlockFormat {
    static let type = ElementType.q3_K

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let unit = block.half(108)
        for group in 0..<16 {
            let low = block.byte(96 + group % 8) >> (group / 8 * 4) & 15
            let high = block.byte(104 + group % 4) >> (group / 4 * 2) & 3
            let scale = unit * Float(Int(low | high << 4) - 32)
            for index in 16 * group..<16 * group + 16 {
                let code = block.quarterCode(index, at: 32) | (block.byte(index % 32) >> (index / 32) & 1) << 2
                values[index] = scale * Float(Int(code) - 4)
            }
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.store(half: ScaleSearch.symmetricUnit(values, most: 31, low: -4), at: 108)
        let unit = UnsafeRawPointer(block).half(108)
        var codes: [UInt8] = []
        let steps = (0..<16).map { group in
            let part = values + 16 * group
            let step = ScaleSearch.step(part, 16, unit: unit, most: 31, low: -4)
            let line = ScaleSearch.Affine(scale: unit * step, offset: 0)
            ScaleSearch.encode(part, 16, line, low: -4, high: 3, into: &codes)
            return UInt8(step + 32)
        }
        for index in 0..<8 { block.store(byte: steps[index] & 15 | steps[index + 8] << 4, at: 96 + index) }
        for index in 0..<4 {
            let byte = (0..<4).reduce(UInt8(0)) { $0 | (steps[4 * $1 + index] >> 4) << (2 * $1) }
            block.store(byte: byte, at: 104 + index)
        }
        for index in 0..<32 {
            block.store(byte: (0..<8).reduce(UInt8(0)) { $0 | (codes[32 * $1 + index] >> 2) << $1 }, at: index)
        }
        block.storeQuarters(at: 32) { codes[$0] }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(108) }
}
