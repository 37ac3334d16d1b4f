/// Eight 6-bit scales and eight 6-bit offsets in 12 bytes, as Q4_K and Q5_K hold them: the first four of each lie whole in
/// bytes 0…7; of the others the lower halves are in bytes 8…11, the upper two bits on top of bytes 0…7.
enum SixBitScales {
    /// The scale and offset of `group` in values, from `[scale unit: F16][offset unit: F16][12 bytes]` at the block's start.
    static func line(_ block: UnsafeRawPointer, _ group: Int) -> ScaleSearch.Affine {
        func byte(_ index: Int) -> UInt8 { block.byte(4 + index) }
        let scale: UInt8
        let offset: UInt8
        if group < 4 {
            (scale, offset) = (byte(group) & 63, byte(group + 4) & 63)
        } else {
            scale = byte(group + 4) & 15 | (byte(group - 4) >> 6) << 4
            offset = byte(group + 4) >> 4 | (byte(group) >> 6) << 4
        }
        return ScaleSearch.Affine(scale: block.half(0) * Float(scale), offset: block.half(2) * Float(offset))
    }

    /// Writes the 16 bytes for eight groups of 32 values and gives the values' codes in `0...limit`.
    static func encode(
        _ values: UnsafePointer<Float>,
        limit: Float,
        into block: UnsafeMutableRawPointer
    ) -> [UInt8] {
        let fits = (0..<8).map { ScaleSearch.fit(values + 32 * $0, 32, limit: limit) }
        let units = block.storeUnits(of: fits, most: 63, scaleAt: 0, offsetAt: 2)
        var codes: [UInt8] = []
        let steps = (0..<8).map { group in
            let part = values + 32 * group
            let step = ScaleSearch.steps(part, 32, near: fits[group], units: units, most: 63, limit: limit)
            let line = ScaleSearch.Affine(scale: units.scale * step.scale, offset: units.offset * step.offset)
            ScaleSearch.encode(part, 32, line, low: 0, high: limit, into: &codes)
            return (scale: UInt8(step.scale), offset: UInt8(step.offset))
        }
        for index in 0..<4 {
            let (first, second) = (steps[index], steps[index + 4])
            block.store(byte: first.scale | (second.scale >> 4) << 6, at: 4 + index)
            block.store(byte: first.offset | (second.offset >> 4) << 6, at: 8 + index)
            block.store(byte: second.scale & 15 | (second.offset & 15) << 4, at: 12 + index)
        }
        return codes
    }
}

extension UnsafeMutableRawPointer {
    /// Stores the units of `fits` as F16 and returns what was stored.
    func storeUnits(
        of fits: [ScaleSearch.Affine],
        most: Float,
        scaleAt: Int,
        offsetAt: Int
    ) -> ScaleSearch.Affine {
        let units = ScaleSearch.units(of: fits, most: most)
        store(half: units.scale, at: scaleAt)
        store(half: units.offset, at: offsetAt)
        let stored = UnsafeRawPointer(self)
        return ScaleSearch.Affine(scale: stored.half(scaleAt), offset: stored.half(offsetAt))
    }
}
