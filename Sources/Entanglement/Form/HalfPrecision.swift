/// The 16-bit patterns of IEEE half precision and of bfloat16, in integer arithmetic: `Float16` does not exist on every
/// platform, and its conversions are library calls where the CPU's baseline lacks them.
enum HalfPrecision {
    /// The largest finite half.
    static let greatest: Float = 65504

    /// The half nearest to `value`, ties to even; beyond 65504 infinity.
    static func pattern(of value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude >= 0x7F80_0000 { return sign | 0x7C00 | (magnitude > 0x7F80_0000 ? 0x0200 : 0) }
        if magnitude < 0x3880_0000 {
            // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴: adding 0.5 leaves exactly those bits, rounded, in the fraction.
            return sign | UInt16(truncatingIfNeeded: (Float(bitPattern: magnitude) + 0.5).bitPattern - 0x3F00_0000)
        }
        let rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1)
        return sign | UInt16(truncatingIfNeeded: min((rounded - 0x3800_0000) >> 13, 0x7C00))
    }

    /// The value of a half's bits.
    static func value(of pattern: UInt16) -> Float {
        let sign = UInt32(pattern & 0x8000) << 16
        let magnitude = UInt32(pattern & 0x7FFF) << 13
        if magnitude >= 0x0F80_0000 { return Float(bitPattern: sign | magnitude | 0x7F80_0000) }
        return Float(bitPattern: sign | (Float(bitPattern: magnitude) * 0x1p112).bitPattern)
    }

    /// The bfloat16 nearest to `value`, ties to even.
    static func brainPattern(of value: Float) -> UInt16 {
        let bits = value.bitPattern
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }

    /// The value of a bfloat16's bits.
    static func brainValue(of pattern: UInt16) -> Float {
        Float(bitPattern: UInt32(pattern) << 16)
    }
}
