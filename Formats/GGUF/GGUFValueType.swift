/// The type of a metadata value, with the number that stands for it in files.
public enum GGUFValueType: UInt32, CaseIterable, Hashable, Sendable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of a value, or nil where they differ from value to value (strings and arrays).
    public var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The type's name in messages, as the specification writes it in lower case.
    public var name: String { "\(self)" }
}
