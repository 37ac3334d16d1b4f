/// 128 values as signs of their mean magnitude: `[scale: F16][16 bytes: value i is bit i % 8 of byte i / 8, 1 for +]`.
enum Q1_0: EncodableBlockFormat {
    static let type = ElementType.q1_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<128 { values[index] = block.byte(2 + index / 8) >> (index % 8) & 1 == 1 ? scale : -scale }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.store(half: (0..<128).reduce(Float(0)) { $0 + abs(values[$1]) } / 128, at: 0)
        for byte in 0..<16 {
            let signs = (0..<8).reduce(UInt8(0)) { $0 | (values[8 * byte + $1] >= 0 ? 1 << $1 : 0) }
            block.store(byte: signs, at: 2 + byte)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
