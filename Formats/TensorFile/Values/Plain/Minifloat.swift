/// A float of at most 8 bits: sign, exponent, mantissa, as ml_dtypes defines and rounds them.
struct Minifloat: Sendable {
    /// What stands at the upper end of the codes, and where NaN went.
    enum Specials: Sendable {
        /// Infinities and NaNs in the last exponent, as IEEE 754.
        case infinities
        /// The last magnitude is NaN; there are no infinities, and values beyond the range become NaN.
        case lastIsNaN
        /// The code of −0 is NaN; there are neither infinities nor −0, and values beyond the range become NaN.
        case negativeZeroIsNaN
        /// Neither; values beyond the range become the largest, and NaN becomes 0 of the other sign.
        case none
    }

    /// The value of every code.
    let values: [Float]
    /// The largest finite value.
    let greatest: Float
    private let mantissaBits: Int
    private let leastExponent: Int
    private let signBit: UInt32
    private let greatestCode: UInt32
    private let specials: Specials

    /// A format with `bias` subtracted from its exponents.
    init(exponentBits: Int, mantissaBits: Int, bias: Int, specials: Specials) {
        self.mantissaBits = mantissaBits
        self.specials = specials
        leastExponent = 1 - bias
        let sign = UInt32(1) << UInt32(exponentBits + mantissaBits)
        signBit = sign
        let greatestCode: UInt32 =
            switch specials {
            case .infinities: sign - 1 - 1 << UInt32(mantissaBits)
            case .lastIsNaN: sign - 2
            case .negativeZeroIsNaN, .none: sign - 1
            }
        self.greatestCode = greatestCode
        func magnitude(_ code: UInt32) -> Float {
            if code > greatestCode { return specials == .infinities && code == greatestCode + 1 ? .infinity : .nan }
            let exponent = Int(code) >> mantissaBits
            let significand = exponent == 0 ? Int(code) : Int(code) - (exponent - 1) << mantissaBits
            return Float(significand) * Self.power(max(exponent, 1) - bias - mantissaBits)
        }
        values = (0..<2 * sign).map { code in
            if code == sign, specials == .negativeZeroIsNaN { return .nan }
            return code < sign ? magnitude(code) : -magnitude(code - sign)
        }
        greatest = magnitude(greatestCode)
    }

    /// The code nearest to `value`, ties to even.
    func code(_ value: Float) -> UInt8 {
        let sign = value.sign == .minus ? signBit : 0
        if value.isNaN {
            switch specials {
            case .infinities: return UInt8(sign | greatestCode + 1 + 1 << UInt32(mantissaBits - 1))
            case .lastIsNaN: return UInt8(sign | greatestCode + 1)
            case .negativeZeroIsNaN: return UInt8(signBit)
            case .none: return UInt8(sign ^ signBit)
            }
        }
        let magnitude = abs(value)
        var code = greatestCode + 1
        if magnitude.isFinite {
            let exponent = max(Int(magnitude.bitPattern >> 23) - 127, leastExponent)
            // Counted in units of the last place the value is at most 2^(mantissaBits + 1), so rounding it is exact, and a
            // carry runs into the exponent by itself.
            let units = Rounding.nearest(magnitude * Self.power(mantissaBits - exponent))
            code = min(code, UInt32(exponent - leastExponent) << UInt32(mantissaBits) + UInt32(units))
        }
        if code > greatestCode {
            switch specials {
            case .infinities, .lastIsNaN: break
            case .negativeZeroIsNaN: return UInt8(signBit)
            case .none: code = greatestCode
            }
        }
        return UInt8(code == 0 && specials == .negativeZeroIsNaN ? 0 : sign | code)
    }

    /// 2 to the power of `exponent`, −126…127.
    private static func power(_ exponent: Int) -> Float { Float(bitPattern: UInt32(exponent + 127) << 23) }
}
