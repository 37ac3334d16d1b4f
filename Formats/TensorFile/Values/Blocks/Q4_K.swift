/// 8 groups of 32 values as 4-bit codes with scale and offset: `[16 bytes: SixBitScales][4 × 32 bytes of two groups' codes]`.
enum Q4_K: EncodableBlockFormat {
    static let type = ElementType.q4_K

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        for group in 0..<8 {
            let line = SixBitScales.line(block, group)
            for index in 0..<32 {
                let code = block.byte(16 + group / 2 * 32 + index) >> (group % 2 * 4) & 15
                values[32 * group + index] = line.scale * Float(code) - line.offset
            }
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let codes = SixBitScales.encode(values, limit: 15, into: block)
        for index in 0..<128 {
            let low = index / 32 * 64 + index % 32
            block.store(byte: codes[low] | codes[low + 32] << 4, at: 16 + index)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) && block.isFiniteHalf(2) }
}
