/// 256 values as −1, 0 or 1 times the largest magnitude, in 2 bits: `[64 bytes of four codes, as in Q2_K][scale: F16]`.
enum TQ2_0: EncodableBlockFormat {
    static let type = ElementType.tq2_0

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let scale = block.half(64)
        for index in 0..<256 { values[index] = scale * Float(Int(block.quarterCode(index, at: 0)) - 1) }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let scale = abs(Rounding.signedPeak(values, 256))
        let inverse = Rounding.inverse(scale)
        block.storeQuarters(at: 0) { UInt8(truncatingIfNeeded: Rounding.halfAwayFromZero(values[$0] * inverse) + 1) }
        block.store(half: scale, at: 64)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(64) }
}
