/// 16 groups of 16 values as 2-bit codes with scale and offset:
/// `[16 bytes of steps: scale low, offset high][64 bytes of four codes][scale unit: F16][offset unit: F16]`.
enum Q2_K: EncodableBlockFormat {
    static let type = ElementType.q2_K

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let (scaleUnit, offsetUnit) = (block.half(80), block.half(82))
        for index in 0..<256 {
            let steps = block.byte(index / 16)
            let scale = scaleUnit * Float(steps & 15)
            values[index] = scale * Float(block.quarterCode(index, at: 16)) - offsetUnit * Float(steps >> 4)
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let fits = (0..<16).map { ScaleSearch.fit(values + 16 * $0, 16, limit: 3) }
        let units = block.storeUnits(of: fits, most: 15, scaleAt: 80, offsetAt: 82)
        var codes: [UInt8] = []
        for group in 0..<16 {
            let part = values + 16 * group
            let step = ScaleSearch.steps(part, 16, near: fits[group], units: units, most: 15, limit: 3)
            block.store(byte: UInt8(step.scale) | UInt8(step.offset) << 4, at: group)
            let line = ScaleSearch.Affine(scale: units.scale * step.scale, offset: units.offset * step.offset)
            ScaleSearch.encode(part, 16, line, low: 0, high: 3, into: &codes)
        }
        block.storeQuarters(at: 16) { codes[$0] }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(80) && block.isFiniteHalf(82) }
}
