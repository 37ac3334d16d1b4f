/// The gains of senses, a signed logarithmic code each: a sign bit and the number of a magnitude.
///
/// One bit stores the sign alone; 8 bits over a range of 1 : 1000 keep a gain to within 2.8 %.
public struct SenseGains: Sendable, Equatable {
    /// The widths that are accepted.
    public static let widths = 1...8

    /// The bits of one gain, the lowest of which is its sign.
    public let bits: Int
    /// The magnitudes, 2^(bits − 1) of them.
    public let levels: LogarithmicLevels
    /// One code a sense.
    public let packed: BitSequence

    /// The stored bytes: the codes, and two numbers that say the levels.
    public var byteCount: Int { packed.byteCount + 8 }

    /// Gains from their stored form.
    ///
    /// - Parameters:
    ///   - low: the least magnitude, finite and above 0.
    ///   - ratio: between neighbouring magnitudes, at least 1.
    /// - Throws: kind `size` or `value` where these ranges or the number of bytes are not kept.
    public init(bits: Int, low: Float, ratio: Float, packed: [UInt8], senseCount: Int) throws(EntanglementError) {
        guard Self.widths.contains(bits), let fields = BitSequence(bytes: packed, bitCount: senseCount * bits) else {
            throw .damaged(.size, "gains", "\(packed.count) bytes for \(senseCount) gains of \(bits) bits")
        }
        guard let levels = LogarithmicLevels(low: low, ratio: ratio, count: 1 << (bits - 1)) else {
            throw .damaged(.value, "gains", "magnitudes \(low) · \(ratio)ᵐ")
        }
        (self.bits, self.levels, self.packed) = (bits, levels, fields)
    }

    /// The nearest codes of `gains`.
    public init(bits: Int, levels: LogarithmicLevels, rounding gains: [Float]) {
        precondition(
            Self.widths.contains(bits) && levels.magnitudes.count == 1 << (bits - 1),
            "levels for \(bits) bits"
        )
        var fields = BitSequence(bitCount: gains.count * bits)
        for (sense, gain) in gains.enumerated() {
            fields.set(levels.nearest(to: gain) << 1 | (gain < 0 ? 1 : 0), at: sense * bits, width: bits)
        }
        (self.bits, self.levels, packed) = (bits, levels, fields)
    }

    /// The gain of sense number `sense`.
    public func gain(ofSense sense: Int) -> Float {
        let code = packed.field(at: sense * bits, width: bits)
        let magnitude = levels.magnitudes[code >> 1]
        return code & 1 == 0 ? magnitude : -magnitude
    }
}
