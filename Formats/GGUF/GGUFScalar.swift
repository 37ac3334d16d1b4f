/// A number that metadata can hold, by itself or in an array.
public protocol GGUFScalar: Sendable {
    /// The type that its values have in files.
    static var ggufType: GGUFValueType { get }
    /// The integer of the same width that carries its bits.
    associatedtype Bits: FixedWidthInteger
    /// Its bits.
    var ggufBits: Bits { get }
    /// The number with these bits.
    init(ggufBits: Bits)
}

extension GGUFScalar where Self: FixedWidthInteger, Bits == Self {
    /// The number itself.
    public var ggufBits: Self { self }

    /// The number itself.
    public init(ggufBits: Self) {
        self = ggufBits
    }
}

extension UInt8: GGUFScalar {
    /// uint8.
    public static var ggufType: GGUFValueType { .uint8 }
}

extension Int8: GGUFScalar {
    /// int8.
    public static var ggufType: GGUFValueType { .int8 }
}

extension UInt16: GGUFScalar {
    /// uint16.
    public static var ggufType: GGUFValueType { .uint16 }
}

extension Int16: GGUFScalar {
    /// int16.
    public static var ggufType: GGUFValueType { .int16 }
}

extension UInt32: GGUFScalar {
    /// uint32.
    public static var ggufType: GGUFValueType { .uint32 }
}

extension Int32: GGUFScalar {
    /// int32.
    public static var ggufType: GGUFValueType { .int32 }
}

extension UInt64: GGUFScalar {
    /// uint64.
    public static var ggufType: GGUFValueType { .uint64 }
}

extension Int64: GGUFScalar {
    /// int64.
    public static var ggufType: GGUFValueType { .int64 }
}

extension Float: GGUFScalar {
    /// float32.
    public static var ggufType: GGUFValueType { .float32 }

    /// The bit pattern.
    public var ggufBits: UInt32 { bitPattern }

    /// The number with this bit pattern.
    public init(ggufBits: UInt32) {
        self.init(bitPattern: ggufBits)
    }
}

extension Double: GGUFScalar {
    /// float64.
    public static var ggufType: GGUFValueType { .float64 }

    /// The bit pattern.
    public var ggufBits: UInt64 { bitPattern }

    /// The number with this bit pattern.
    public init(ggufBits: UInt64) {
        self.init(bitPattern: ggufBits)
    }
}
