// Safetensors reads and writes the safetensors container: single files and sharded checkpoints with an index.
import TensorFile

/// The format's constants and rules that reader and writer share.
public enum SafetensorsFormat {
    /// The longest header, in bytes: the reference's limit, equal allowed.
    public static let headerLengthLimit = 100_000_000
    /// The most dimensions of a tensor: far above every framework's, and it bounds messages.
    public static let rankLimit = 1_000
    /// The longest tensor name, in bytes.
    public static let nameLengthLimit = 4_096
    /// The header's key of the metadata map, which no tensor can have as its name.
    public static let metadataKey = "__metadata__"

    /// The types of the format in the order in which the reference writes their tensors: largest alignment first, so that
    /// every tensor is aligned to its own values.
    public static let elementTypes: [ElementType] = [
        .uint64, .int64, .float64, .complex64, .float32, .uint32, .int32, .bfloat16, .float16, .uint16, .int16,
        .float8E5M2FNUZ, .float8E4M3FNUZ, .float8E8M0, .float8E4M3, .float8E5M2, .int8, .uint8,
        .float6E3M2, .float6E2M3, .float4, .bool,
    ]

    static let typesByName = Dictionary(uniqueKeysWithValues: elementTypes.map { ($0.name, $0) })
    static let writingRank = Dictionary(uniqueKeysWithValues: elementTypes.enumerated().map { ($1, $0) })
    static let headerRemedy = "the file is damaged or was written wrongly; fetch it again"

    /// What is wrong with `name` as a tensor's name; nil where nothing is. An empty name is left to the caller.
    static func nameFault(_ name: String) -> (kind: TensorFileError.Kind, cause: String)? {
        if name.utf8.count > nameLengthLimit {
            return (.limit, "the name has \(name.utf8.count) bytes, the limit is \(nameLengthLimit)")
        }
        return hasControls(name.utf8.span) ? (.malformed, "the name has control characters") : nil
    }

    /// True where UTF-8 `text` has a scalar below U+0020 or from U+007F to U+009F.
    private static func hasControls(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            let byte = text[index]
            if byte < 0x20 || byte == 0x7F { return true }
            if byte == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return true }
        }
        return false
    }
}
