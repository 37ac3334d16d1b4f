import TensorFile

/// A metadata value whose bytes are checked while the header still grows: strings and arrays are ranges of the header.
enum GGUFValueDraft {
    case scalar(GGUFValue)
    case string(Range<Int>)
    case array(GGUFValueType, count: Int, Range<Int>)

    /// Reads and checks the value of `key` with its type.
    init(
        reading key: String,
        _ reader: inout GGUFHeaderReader,
        _ strictness: Strictness,
        _ findings: inout [StructureFinding]
    ) throws(TensorFileError) {
        var checker = GGUFValueChecker(key: key, strictness: strictness)
        self = try checker.readValue(&reader)
        if checker.oddBools > 0 {
            let text = "\(checker.oddBools) truth values are neither 0 nor 1, read as true"
            findings.append(StructureFinding(.warning, place: "key \"\(key)\"", text))
        }
    }

    /// The value, whose strings and arrays share the bytes of `header`.
    func finished(in header: GGUFEncodedHeader) -> GGUFValue {
        switch self {
        case .scalar(let value): value
        case .string(let range): .string(GGUFString(bytes: header.bytes[range]))
        case .array(let type, let count, let range):
            .array(GGUFArray(elementType: type, count: count, encoded: header.encoded(type, count, range)))
        }
    }
}
