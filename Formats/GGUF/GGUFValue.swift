/// A value of a GGUF file's metadata.
public enum GGUFValue: Hashable, Sendable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(GGUFString)
    case array(GGUFArray)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)

    /// The value's type.
    public var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        }
    }

    /// An integer of any width; nil for other types and beyond the range of `Int`.
    public var integer: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(exactly: value)
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// A floating-point number of either width; nil for other types.
    public var number: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: nil
        }
    }

    /// A truth value; nil for other types.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// A string's bytes; nil for other types.
    public var string: GGUFString? {
        if case .string(let value) = self { value } else { nil }
    }

    /// A string's text; nil for other types and for bytes that are not UTF-8.
    public var text: String? { string?.text }

    /// An array; nil for other types.
    public var array: GGUFArray? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The strings of an array of strings; nil for other types.
    public var strings: GGUFStrings? { array?.strings }

    /// The value of a text.
    public static func text(_ text: String) -> GGUFValue { .string(GGUFString(text)) }

    /// The value of an array of texts.
    public static func texts(_ texts: some Sequence<String>) -> GGUFValue { .array(GGUFArray(texts)) }
}

extension [UInt8] {
    /// Appends a value as version 3 writes it, little-endian, without its type.
    mutating func append(_ value: GGUFValue) {
        switch value {
        case .uint8(let number): append(number)
        case .int8(let number): append(UInt8(bitPattern: number))
        case .uint16(let number): appendLittleEndian(number)
        case .int16(let number): appendLittleEndian(number)
        case .uint32(let number): appendLittleEndian(number)
        case .int32(let number): appendLittleEndian(number)
        case .uint64(let number): appendLittleEndian(number)
        case .int64(let number): appendLittleEndian(number)
        case .float32(let number): appendLittleEndian(number.bitPattern)
        case .float64(let number): appendLittleEndian(number.bitPattern)
        case .bool(let truth): append(truth ? 1 : 0)
        case .string(let string): append(string)
        case .array(let array):
            appendLittleEndian(array.elementType.rawValue)
            appendLittleEndian(UInt64(array.count))
            append(contentsOf: array.encoded)
        }
    }
}
