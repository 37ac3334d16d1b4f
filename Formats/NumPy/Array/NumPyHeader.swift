import TensorFile

/// The header of a `.npy` array: type, order and shape, and where the data begins.
///
/// Format: NumPy enhancement proposal 1 and `numpy.lib.format`. Versions 1.0, 2.0 and 3.0 exist.
public struct NumPyHeader: Hashable, Sendable {
    /// `0x93 NUMPY`.
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy's own limit on the number of dimensions.
    static let rankLimit = 64

    /// Lengths of the dimensions, outermost first.
    public let shape: [Int]
    /// True where the first dimension varies fastest in the file.
    public let isFortranOrder: Bool
    /// The type of the values.
    public var type: ElementType { value.type }
    /// Bytes before the data: magic, version, length and text.
    public let byteCount: Int
    let value: NumPyValueType

    /// Reads the header at the start of `bytes`, which may hold the data too.
    public init(parsing bytes: [UInt8], options: NumPyOptions = NumPyOptions()) throws(TensorFileError) {
        var done = 0
        try self.init(available: bytes.count, options: options) { (count) throws(TensorFileError) in
            defer { done += count }
            return Array(bytes[done..<done + count])
        }
    }

    /// Reads the header from a source of `available` bytes by calls of `next`, each for that many more bytes.
    init(
        available: Int,
        options: NumPyOptions,
        next: (Int) throws(TensorFileError) -> [UInt8]
    ) throws(TensorFileError) {
        var start = try next(min(available, 10))
        try Self.checkMagic(start)
        guard start.count == 10 else { throw Self.truncated("\(available) bytes, a header has at least 10") }
        let encoding: NumPyTextEncoding
        switch (start[6], start[7]) {
        case (1, 0), (2, 0): encoding = .latin1
        case (3, 0): encoding = .utf8
        default:
            throw TensorFileError(
                .unsupported,
                place: "byte 6, version",
                cause: "version \(start[6]).\(start[7]); 1.0, 2.0 and 3.0 are read",
                remedy: "save the array again with a current NumPy"
            )
        }
        var length = Int(start[8]) | Int(start[9]) << 8
        if start[6] > 1 {
            guard available >= 12 else { throw Self.truncated("\(available) bytes, a header has at least 12") }
            start += try next(2)
            length |= Int(start[10]) << 16 | Int(start[11]) << 24
        }
        guard length <= available - start.count else {
            throw Self.truncated("the header's text of \(length) bytes runs past the \(available) bytes there are")
        }
        guard length <= options.headerLimit else {
            throw TensorFileError(
                .limit,
                place: "byte 8, header length",
                cause: "\(length) bytes of header, the limit is \(options.headerLimit)",
                remedy: "raise the header limit if the file is to be trusted"
            )
        }
        let fields = try Fields(text: next(length), base: start.count, encoding: encoding)
        value = try NumPyValueType(descr: fields.descr, hints: options.hints)
        isFortranOrder = fields.isFortranOrder
        shape = fields.shape
        byteCount = start.count + length
    }

    /// The tensor that this header describes, its size proved not to overflow.
    func descriptor(name: String) throws(TensorFileError) -> TensorDescriptor {
        try TensorDescriptor(name: name, type: type, shape: shape)
    }

    private static func truncated(_ cause: String) -> TensorFileError {
        TensorFileError(.truncated, place: "header", cause: cause, remedy: "the file is cut short; fetch it again")
    }

    /// Refuses bytes that begin otherwise than an array, saying what they are where that can be known.
    static func checkMagic(_ prefix: [UInt8]) throws(TensorFileError) {
        guard !prefix.prefix(magic.count).elementsEqual(magic.prefix(prefix.count)) else { return }
        if let format = ForeignFormat.recognise(prefix: prefix) { throw format.error(insteadOf: "a .npy array") }
        throw TensorFileError(
            .foreign,
            place: "byte 0",
            cause: "this is no NumPy array: the magic bytes 0x93 NUMPY are missing",
            remedy: "name a .npy array as numpy.save writes it"
        )
    }
}

extension NumPyHeader {
    /// The three entries of the dictionary.
    private struct Fields {
        var descr: PythonLiteral
        var isFortranOrder: Bool
        var shape: [Int]

        init(text: [UInt8], base: Int, encoding: NumPyTextEncoding) throws(TensorFileError) {
            var reader = PythonLiteralReader(text, base: base, encoding: encoding)
            guard case .dictionary(let entries) = try reader.readAll() else {
                throw Self.malformed("header", "it is no dictionary")
            }
            var values: [String: PythonLiteral] = [:]
            for entry in entries {
                guard case .string(let key) = entry.key, ["descr", "fortran_order", "shape"].contains(key) else {
                    throw Self.malformed("header", "a key other than descr, fortran_order and shape")
                }
                guard values.updateValue(entry.value, forKey: key) == nil else {
                    throw TensorFileError(
                        .duplicate,
                        place: "header, \(key)",
                        cause: "the key stands twice",
                        remedy: "the file is damaged or hostile"
                    )
                }
            }
            guard let descr = values["descr"], let order = values["fortran_order"], let shape = values["shape"] else {
                throw Self.malformed("header", "one of the keys descr, fortran_order and shape is missing")
            }
            guard case .boolean(let isFortranOrder) = order else {
                throw Self.malformed("header, fortran_order", "\(order.kindName) where True or False is expected")
            }
            self.descr = descr
            self.isFortranOrder = isFortranOrder
            self.shape = try Self.lengths(shape)
        }

        private static func lengths(_ shape: PythonLiteral) throws(TensorFileError) -> [Int] {
            guard case .tuple(let items) = shape else {
                throw malformed("header, shape", "\(shape.kindName) where a tuple such as (6,) is expected")
            }
            guard items.count <= NumPyHeader.rankLimit else {
                throw TensorFileError(
                    .limit,
                    place: "header, shape",
                    cause: "\(items.count) dimensions, the limit is \(NumPyHeader.rankLimit)",
                    remedy: "reshape the array"
                )
            }
            var lengths: [Int] = []
            for item in items {
                guard case .integer(let length) = item else {
                    throw malformed("header, shape", "\(item.kindName) where a length is expected")
                }
                guard length >= 0 else { throw malformed("header, shape", "the length \(length) is negative") }
                lengths.append(length)
            }
            return lengths
        }

        private static func malformed(_ place: String, _ cause: String) -> TensorFileError {
            TensorFileError(.malformed, place: place, cause: cause, remedy: "the file is damaged; save the array again")
        }
    }
}
