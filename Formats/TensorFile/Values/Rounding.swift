/// The steps from scaled floats to integer codes that ggml's formats share, spelt so that they match gguf bit for bit.
enum Rounding {
    /// The value of largest magnitude, with its sign; the first of equals. A NaN counts as the largest.
    static func signedPeak(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
        var peak = values[0]
        for index in 1..<count where values[index].bitPattern & 0x7FFF_FFFF > peak.bitPattern & 0x7FFF_FFFF {
            peak = values[index]
        }
        return peak
    }

    /// `value`, a code plus one half, cut to a whole number in `0...limit`; 0 where it is NaN or far outside, as happens
    /// when the block's scale is too small to have an inverse.
    static func code(_ value: Float, _ limit: UInt8) -> UInt8 {
        guard value > 0, value < Float(limit) + 2 else { return 0 }
        return min(UInt8(value), limit)
    }

    /// `value` in −127.5…127.5 rounded, halves away from zero; 0 where it is NaN or far outside.
    static func halfAwayFromZero(_ value: Float) -> Int8 {
        let magnitude = abs(value)
        guard magnitude < 128 else { return 0 }
        return Int8(value.rounded(.toNearestOrAwayFromZero))
    }
}
