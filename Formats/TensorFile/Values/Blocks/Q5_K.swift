/// As Q4_K with 32 bytes of fifth bits before the codes: bit g of byte i belongs to value i of group g.
enum Q5_K: EncodableBlockFormat {
    static let type = ElementType.q5_K

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        for group in 0..<8 {
            let line = SixBitScales.line(block, group)
            for index in 0..<32 {
                let low = block.byte(48 + group / 2 * 32 + index) >> (group % 2 * 4) & 15
                let code = low | (block.byte(16 + index) >> group & 1) << 4
                values[32 * group + index] = line.scale * Float(code) - line.offset
            }
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let codes = SixBitScales.encode(values, limit: 31, into: block)
        for index in 0..<32 {
            let high = (0..<8).reduce(UInt8(0)) { $0 | (codes[32 * $1 + index] >> 4) << $1 }
            block.store(byte: high, at: 16 + index)
        }
        for index in 0..<128 {
            let low = index / 32 * 64 + index % 32
            block.store(byte: codes[low] & 15 | codes[low + 32] << 4, at: 48 + index)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) && block.isFiniteHalf(2) }
}
