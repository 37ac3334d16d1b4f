/// 32 values as signed bytes times one F16 scale: `[scale: F16][32 × Int8]`. The largest magnitude maps to ±127.
enum Q8_0: EncodableBlockFormat {
    static let type = ElementType.q8_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<32 { values[index] = scale * Float(Int8(bitPattern: block.byte(2 + index))) }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = abs(Rounding.signedPeak(values, 32)) / 127
        let inverse = Rounding.inverse(scale)
        block.store(half: scale, at: 0)
        for index in 0..<32 {
            let code = Rounding.halfAwayFromZero(values[index] * inverse)
            block.store(byte: UInt8(bitPattern: code), at: 2 + index)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}
