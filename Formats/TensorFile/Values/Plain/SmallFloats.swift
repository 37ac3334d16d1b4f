/// A type whose values are minifloats, packed from the lowest bits up (F4: the low half of a byte first; F6: four values in
/// a little-endian word of 24 bits).
protocol SmallFloat: EncodableBlockFormat {
    static var codes: Minifloat { get }
}

extension SmallFloat {
    private static var bits: Int { type.geometry.bytes * 8 / type.geometry.elements }

    static var safeMagnitude: Float? { codes.greatest }

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let word = (0..<type.geometry.bytes).reduce(0) { $0 | Int(block.byte($1)) << (8 * $1) }
        for index in 0..<type.geometry.elements {
            values[index] = codes.values[word >> (bits * index) & (1 << bits - 1)]
        }
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let word = (0..<type.geometry.elements).reduce(0) { $0 | Int(codes.code(values[$1])) << (bits * $1) }
        for index in 0..<type.geometry.bytes {
            block.store(byte: UInt8(truncatingIfNeeded: word >> (8 * index)), at: index)
        }
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: type.geometry.elements) { values in
            guard let base = values.baseAddress else { return true }
            decode(block, into: base)
            return values.allSatisfy(\.isFinite)
        }
    }
}

extension BlockCodec {
    /// A type of one minifloat in a byte, whose loops fetch its table once for a run.
    init<Format: SmallFloat>(bytes format: Format.Type) {
        let codes = format.codes
        self.init(format) { source, values, count in
            codes.values.withUnsafeBufferPointer { table in
                for index in 0..<count { values[index] = table[Int(source.byte(index))] }
            }
        } encode: { values, target, count in
            for index in 0..<count { target.store(byte: codes.code(values[index]), at: index) }
        }
    }
}

/// 5 bits of exponent, with infinities: the upper byte of an F16.
enum Float8E5M2Format: SmallFloat {
    static let type = ElementType.float8E5M2
    static let codes = Minifloat(exponentBits: 5, mantissaBits: 2, bias: 15, specials: .infinities)
}

/// Up to ±448, no infinities (ml_dtypes: `float8_e4m3fn`).
enum Float8E4M3Format: SmallFloat {
    static let type = ElementType.float8E4M3
    static let codes = Minifloat(exponentBits: 4, mantissaBits: 3, bias: 7, specials: .lastIsNaN)
}

/// Up to ±240, no infinities, no −0.
enum Float8E4M3FNUZFormat: SmallFloat {
    static let type = ElementType.float8E4M3FNUZ
    static let codes = Minifloat(exponentBits: 4, mantissaBits: 3, bias: 8, specials: .negativeZeroIsNaN)
}

/// Up to ±57344, no infinities, no −0.
enum Float8E5M2FNUZFormat: SmallFloat {
    static let type = ElementType.float8E5M2FNUZ
    static let codes = Minifloat(exponentBits: 5, mantissaBits: 2, bias: 16, specials: .negativeZeroIsNaN)
}

/// Up to ±7.5, no NaN.
enum Float6E2M3Format: SmallFloat {
    static let type = ElementType.float6E2M3
    static let codes = Minifloat(exponentBits: 2, mantissaBits: 3, bias: 1, specials: .none)
}

/// Up to ±28, no NaN.
enum Float6E3M2Format: SmallFloat {
    static let type = ElementType.float6E3M2
    static let codes = Minifloat(exponentBits: 3, mantissaBits: 2, bias: 3, specials: .none)
}

/// 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives (E2M1).
enum Float4Format: SmallFloat {
    static let type = ElementType.float4
    static let codes = Minifloat(exponentBits: 2, mantissaBits: 1, bias: 1, specials: .none)
}

/// Powers of two from 2⁻¹²⁷ to 2¹²⁷, the scales of microscaling formats; 0 and negative values become NaN.
enum Float8E8M0Format: EncodableBlockFormat {
    static let type = ElementType.float8E8M0
    static let safeMagnitude: Float? = nil

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let code = UInt32(block.byte(0))
        values[0] = code == 0xFF ? .nan : Float(bitPattern: code == 0 ? 0x40_0000 : code << 23)
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let value = values[0]
        guard value > 0, value.isFinite else { return block.store(byte: 0xFF, at: 0) }
        // The significand, in 1..<2, is rounded to 1 or 2, from 1½ up; below 2⁻¹²⁶ whatever exceeds 2⁻¹²⁷ is, as by ml_dtypes.
        let code = value.isNormal ? (value.bitPattern + 0x40_0000) >> 23 : value.bitPattern > 0x40_0000 ? 1 : 0
        block.store(byte: UInt8(code), at: 0)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.byte(0) != 0xFF }
}
