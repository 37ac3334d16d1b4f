/// IEEE 754 binary16 as bits: the same on CPUs that lack it, and where Swift has no `Float16` (Intel macOS).
enum Half {
    /// The largest finite value.
    static let greatest: Float = 65504
    /// The bits of the exponent: all set in NaN and infinities.
    static let exponentMask: UInt16 = 0x7C00

    /// The value of `bits`, exactly; NaNs become quiet and keep their payload.
    static func float(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let magnitude = UInt32(bits & 0x7FFF) << 13
        // The exponent's bias differs by 112, so a multiplication by 2^112 sets it right, subnormals included.
        let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let special: UInt32 = bits & 0x7FFF > exponentMask ? 0x7FC0_0000 : 0x7F80_0000
        return Float(bitPattern: sign | (bits & exponentMask == exponentMask ? special | magnitude : scaled))
    }

    /// The bits nearest to `value`, ties to even; NaNs become quiet and keep the top of their payload.
    static func bits(_ value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        let magnitude = value.bitPattern & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 {
            return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13) & 0x1FF
        }
        if magnitude >= 0x477F_F000 { return sign | exponentMask }  // from 65520 on
        if magnitude < 0x3880_0000 {
            // Subnormal: adding 0.5 leaves the rounded value in the low bits.
            let sum = Float(bitPattern: magnitude) + 0.5
            return sign | UInt16(truncatingIfNeeded: sum.bitPattern & 0xFFFF)
        }
        let rounded = magnitude - (112 << 23) + 0xFFF + (magnitude >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: rounded >> 13)
    }
}
