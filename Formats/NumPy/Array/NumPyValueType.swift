import TensorFile

/// What an array's `descr` says about its values, as far as tensors can hold them.
struct NumPyValueType: Hashable, Sendable {
    /// The tensor type.
    let type: ElementType
    /// The order of the bytes within each number in the file.
    let order: ByteOrder

    /// Width of the numbers whose bytes must be reversed on reading; nil where the file's bytes are little-endian.
    var swappedWidth: Int? {
        guard order == .big else { return nil }
        switch type {
        // Each half of a complex number is a number of its own.
        case .complex64: return 4
        case .complex128: return 8
        default: return type.geometry.bytes > 1 ? type.geometry.bytes : nil
        }
    }

    /// Reads a type code such as `<f4`; everything that tensors cannot hold is refused by name.
    ///
    /// Without an order, and with `=` or `|`, NumPy takes the machine's own order: here little-endian, the order of
    /// every platform this package runs on.
    init(descr: PythonLiteral, hints: NumPyHints) throws(TensorFileError) {
        let code: String
        switch descr {
        case .string(let text): code = text
        case .list(let fields): throw Self.structured(fields)
        case .tuple:
            throw Self.unsupported("a subarray type", "store the array with its full shape and a plain type")
        default:
            throw TensorFileError(
                .malformed,
                place: "header, descr",
                cause: "\(descr.kindName) where a type code such as '<f4' is expected",
                remedy: "the file is damaged"
            )
        }
        var letters = Substring(code)
        var order = ByteOrder.little
        if let first = letters.first, "<>=|".contains(first) {
            order = first == ">" ? .big : .little
            letters = letters.dropFirst()
        }
        self.order = order
        if let type = Self.plain[String(letters)] {
            self.type = type
        } else if letters == "V2" {
            type = try Self.hinted(hints.void2, code: code, bytes: 2)
        } else if letters == "V1" {
            type = try Self.hinted(hints.void1, code: code, bytes: 1)
        } else {
            throw Self.refusal(of: code, letters: letters)
        }
    }

    /// Type codes without their order, and what they are. `f1` is what `ml_dtypes` writes for its float8_e5m2 (NumPy
    /// cannot load it again); no other type has that code.
    private static let plain: [String: ElementType] = [
        "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16,
        "u4": .uint32, "u8": .uint64, "f1": .float8E5M2, "f2": .float16, "f4": .float32, "f8": .float64,
        "c8": .complex64, "c16": .complex128,
    ]

    private static func hinted(_ hint: ElementType?, code: String, bytes: Int) throws(TensorFileError) -> ElementType {
        guard let hint else {
            throw unsupported(
                "type '\(code)' keeps only a width of \(bytes) bytes"
                    + (bytes == 2 ? " (bfloat16, if ml_dtypes wrote it)" : " (one of ml_dtypes' small types)"),
                bytes == 2 ? "say what it is, such as --void2=bf16" : "say what it is, such as --void1=f8_e4m3"
            )
        }
        guard hint.geometry == BlockGeometry(elements: 1, bytes: bytes) else {
            throw unsupported(
                "type '\(code)' has \(bytes) bytes a value, \(hint.name) has not",
                "name a plain type of \(bytes) bytes"
            )
        }
        return hint
    }

    private static func refusal(of code: String, letters: Substring) -> TensorFileError {
        switch letters.first {
        case "O":
            pickled
        case "S", "a", "U":
            unsupported("type '\(code)' is text", "leave text out, or store it as numbers")
        case "M", "m":
            unsupported("type '\(code)' is dates or time spans", "store them as whole numbers")
        case "V":
            unsupported("type '\(code)' is raw bytes", "store the array with a plain type")
        case "f" where letters == "f16" || letters == "f12", "c" where letters == "c32" || letters == "c24":
            unsupported("type '\(code)' is a long double, whose format depends on the machine", "store it as f8 or c16")
        default:
            unsupported("type '\(code)' is unknown", "store the array as b1, i1-i8, u1-u8, f2-f8, c8 or c16")
        }
    }

    private static func structured(_ fields: [PythonLiteral]) -> TensorFileError {
        let names = fields.compactMap { field -> String? in
            guard case .tuple(let parts) = field, case .string(let name)? = parts.first else { return nil }
            return name
        }
        if fields.contains(where: \.holdsObjects) { return pickled }
        let list = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return unsupported("a structured type with the fields \(list)", "store each field as an array of its own")
    }

    private static let pickled = unsupported(
        "an object array, whose data is a Python pickle (a program); it is never read",
        "store it as a plain numeric array"
    )

    private static func unsupported(_ cause: String, _ remedy: String) -> TensorFileError {
        TensorFileError(.unsupported, place: "header, descr", cause: cause, remedy: remedy)
    }
}

extension PythonLiteral {
    /// True where a field of a structured type, at any depth, is of objects.
    fileprivate var holdsObjects: Bool {
        switch self {
        case .tuple(let parts) where parts.count >= 2:
            switch parts[1] {
            case .string(let code): code.drop { "<>=|".contains($0) }.first == "O"
            case let nested: nested.holdsObjects
            }
        case .list(let fields): fields.contains(where: \.holdsObjects)
        default: false
        }
    }
}
