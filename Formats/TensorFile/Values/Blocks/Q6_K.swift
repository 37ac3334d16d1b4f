/// 16 groups of 16 values as 6-bit codes around 32, without offset:
/// `[128 bytes of two lower halves][64 bytes of four upper pairs][16 signed bytes of steps][scale unit: F16]`.
///
/// Of the four runs of 32 values in a half, runs 0 and 1 have their lower bits low in 64 bytes, runs 2 and 3 high.
enum Q6_K: EncodableBlockFormat {
    static let type = ElementType.q6_K

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let unit = block.half(208)
        for index in 0..<256 {
            let scale = unit * Float(Int8(bitPattern: block.byte(192 + index / 16)))
            let low = block.byte(index / 128 * 64 + index % 64) >> (index / 64 % 2 * 4) & 15
            let code = low | block.quarterCode(index, at: 128) << 4
            values[index] = scale * Float(Int(code) - 32)
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.store(half: ScaleSearch.symmetricUnit(values, most: 127, low: -32), at: 208)
        let unit = UnsafeRawPointer(block).half(208)
        var codes: [UInt8] = []
        for group in 0..<16 {
            let part = values + 16 * group
            let step = ScaleSearch.step(part, 16, unit: unit, most: 127, low: -32)
            block.store(byte: UInt8(bitPattern: Int8(step)), at: 192 + group)
            let line = ScaleSearch.Affine(scale: unit * step, offset: 0)
            ScaleSearch.encode(part, 16, line, low: -32, high: 31, into: &codes)
        }
        for index in 0..<128 {
            let low = index / 64 * 128 + index % 64
            block.store(byte: codes[low] & 15 | codes[low + 64] << 4, at: index)
        }
        block.storeQuarters(at: 128) { codes[$0] >> 4 }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(208) }
}
