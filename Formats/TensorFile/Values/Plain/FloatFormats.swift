/// IEEE 754 binary64, rounded to the nearest Float when read (`ValueCodec` also reads it exactly, as Double).
enum Float64Format: EncodableBlockFormat {
    static let type = ElementType.float64
    static let safeMagnitude: Float? = .infinity

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        values[0] = Float(block.loadUnaligned(as: Double.self))
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.storeBytes(of: Double(values[0]), as: Double.self)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.loadUnaligned(as: Double.self).isFinite }
}

/// IEEE 754 binary32.
enum Float32Format: EncodableBlockFormat {
    static let type = ElementType.float32
    static let safeMagnitude: Float? = .infinity

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        values[0] = block.loadUnaligned(as: Float.self)
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.storeBytes(of: values[0], as: Float.self)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.loadUnaligned(as: Float.self).isFinite }
}

/// IEEE 754 binary16; values of magnitude 65520 and more become infinite.
enum Float16Format: EncodableBlockFormat {
    static let type = ElementType.float16

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        values[0] = block.half(0)
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        block.store(half: values[0], at: 0)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.isFiniteHalf(0) }
}

/// The upper half of a binary32, rounded to nearest even; NaNs become quiet.
enum BFloat16Format: EncodableBlockFormat {
    static let type = ElementType.bfloat16
    static let safeMagnitude: Float? = Float(bitPattern: 0x7F7F_0000)

    static func decode(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        values[0] = Float(bitPattern: UInt32(block.word(0)) << 16)
    }

    static func encode(_ values: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) {
        let bits = values[0].bitPattern
        let rounded = values[0].isNaN ? bits | 0x40_0000 : bits + 0x7FFF + (bits >> 16 & 1)
        block.store(word: UInt16(truncatingIfNeeded: rounded >> 16), at: 0)
    }

    static func isFinite(_ block: UnsafeRawPointer) -> Bool { block.word(0) & 0x7F80 != 0x7F80 }
}
