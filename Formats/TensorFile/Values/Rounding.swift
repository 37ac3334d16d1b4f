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
        guard abs(value) < 128 else { return 0 }
        let whole = Int(value)
        let rest = value - Float(whole)
        return Int8(truncatingIfNeeded: whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0))
    }
}

extension Rounding {
    /// The least and the greatest value, −0 before 0, NaNs at the ends.
    static func range(_ values: UnsafePointer<Float>, _ count: Int) -> (least: Float, greatest: Float) {
        func ordered(_ bits: Int32) -> Int32 { bits ^ (bits >> 31 & 0x7FFF_FFFF) }
        var (least, greatest) = (Int32.max, Int32.min)
        for index in 0..<count {
            let place = ordered(Int32(bitPattern: values[index].bitPattern))
            least = min(least, place)
            greatest = max(greatest, place)
        }
        func value(_ place: Int32) -> Float { Float(bitPattern: UInt32(bitPattern: ordered(place))) }
        return (value(least), value(greatest))
    }

    /// The whole number nearest to `value`, halves to even; beyond 2²² merely a value far from any code.
    static func nearest(_ value: Float) -> Float { (value + 12_582_912) - 12_582_912 }

    /// `value` within `low...high`; `high` where it is NaN.
    static func held(_ value: Float, _ low: Float, _ high: Float) -> Float {
        let below = value < high ? value : high
        return below > low ? below : low
    }

    /// `value` rounded and within `low...high`.
    static func whole(_ value: Float, _ low: Float, _ high: Float) -> Float { held(nearest(value), low, high) }

    /// One over `scale`, and 0 for 0.
    static func inverse(_ scale: Float) -> Float { scale == 0 ? 0 : 1 / scale }
}
