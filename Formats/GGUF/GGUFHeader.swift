import TensorFile

/// What stands before the tensor data: version, metadata and tensor infos, each checked by itself.
///
/// How the tensors lie in the file is checked by `GGUFLayout`.
struct GGUFHeader {
    /// A tensor with the place that the file states for it.
    struct TensorInfo {
        let descriptor: TensorDescriptor
        /// Offset of the first byte from the start of the data.
        let offset: UInt64
    }

    var version = 0
    var order = ByteOrder.little
    var metadata = GGUFMetadata()
    var alignment = GGUFHeader.defaultAlignment
    var tensors: [TensorInfo] = []
    /// Offset of the first byte after the tensor infos.
    var end = 0
    var warnings: [String] = []

    /// The alignment of files that state none.
    static let defaultAlignment = 32
    /// The first bytes of every file.
    static let magic = Array("GGUF".utf8)
    /// Versions that are read; 3 is written.
    static let versions = 1...3

    /// Reads and checks the header of `file`.
    init(reading file: InputFile, _ strictness: Strictness) throws(TensorFileError) {
        var reader = GGUFHeaderReader(file)
        try Self.checkMagic(file, &reader)
        try readVersion(&reader)
        do throws(TensorFileError) {
            try readBody(&reader, strictness)
        } catch {
            guard order == .big else { throw error }
            // The byte order is guessed from the version: where the guess was wrong, nonsense follows.
            var remark = error
            remark.cause += " (numbers read as big-endian, as the version field suggests)"
            throw remark
        }
    }

    private static func checkMagic(_ file: InputFile, _ reader: inout GGUFHeaderReader) throws(TensorFileError) {
        let prefix = try file.bytes(at: 0, count: min(file.size, ForeignFormat.prefixLength))
        guard prefix.starts(with: magic) || magic.starts(with: prefix) else {
            if let foreign = ForeignFormat.recognise(prefix: prefix) { throw foreign.error(insteadOf: "GGUF") }
            throw TensorFileError(
                .foreign,
                place: "byte 0, magic",
                cause: "the first bytes are \(Array(prefix.prefix(4))), not \"GGUF\"",
                remedy: "check that this is the file that was meant"
            )
        }
        try reader.skip(magic.count, "magic")
    }

    private mutating func readVersion(_ reader: inout GGUFHeaderReader) throws(TensorFileError) {
        var number = try reader.read(UInt32.self, "version")
        // No field states the byte order. Versions are small numbers, so that zero low bits mean the other order.
        if number != 0, number & 0xFFFF == 0 {
            order = .big
            reader.order = .big
            number = number.byteSwapped
        }
        guard Self.versions.contains(Int(number)) else {
            throw TensorFileError(
                .unsupported,
                place: "byte 4, version",
                cause: "version \(number); 1 to 3 are read",
                remedy: number > 3 ? "the file is newer than this reader" : "the file is damaged; fetch it again"
            )
        }
        version = Int(number)
        reader.hasNarrowCounts = version == 1
    }

    private mutating func readBody(
        _ reader: inout GGUFHeaderReader,
        _ strictness: Strictness
    ) throws(TensorFileError) {
        let width = reader.hasNarrowCounts ? 4 : 8
        // A tensor: name length, one byte of name, dimension count, type, offset. An entry: key length, key, type, value.
        let tensorCount = try reader.readCount(minimumBytes: width + 1 + 4 + 4 + 8, "tensor count")
        let keyCount = try reader.readCount(minimumBytes: width + 1 + 4 + 1, "key count")
        try Self.check(tensorCount, against: GGUFLimit.tensors, "tensor count")
        try Self.check(keyCount, against: GGUFLimit.keys, "key count")

        var drafts: [(key: String, value: GGUFValueDraft)] = []
        var keys = Set<[UInt8]>()
        drafts.reserveCapacity(keyCount)
        for index in 0..<keyCount {
            let key = try readKey(index, &reader, strictness)
            guard keys.insert(Array(key.utf8)).inserted else {
                throw TensorFileError(
                    .duplicate,
                    place: "key \(index)",
                    cause: "\"\(key)\" stands twice",
                    remedy: "the file is damaged; convert the original model again"
                )
            }
            drafts.append((key, try GGUFValueDraft(reading: key, &reader, strictness, &warnings)))
        }
        try readAlignment(drafts)

        var names = Set<[UInt8]>()
        tensors.reserveCapacity(tensorCount)
        for index in 0..<tensorCount {
            let tensor = try readTensorInfo(index, &reader, strictness)
            guard names.insert(Array(tensor.descriptor.name.utf8)).inserted else {
                throw TensorFileError(
                    .duplicate,
                    place: "tensor \(index)",
                    cause: "the name \"\(tensor.descriptor.name)\" stands twice",
                    remedy: "the file is damaged; convert the original model again"
                )
            }
            tensors.append(tensor)
        }
        end = reader.offset
        // Only now are the bytes final that the values share.
        let encoding = GGUFEncodedHeader(bytes: reader.bytes, order: order, hasNarrowCounts: reader.hasNarrowCounts)
        for draft in drafts { metadata.append(draft.key, draft.value.finished(in: encoding)) }
    }

    private static func check(_ count: Int, against limit: Int, _ field: String) throws(TensorFileError) {
        guard count <= limit else {
            throw TensorFileError(
                .limit,
                place: field,
                cause: "\(count) is more than the \(limit) that are read",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
    }

    private mutating func readKey(
        _ index: Int,
        _ reader: inout GGUFHeaderReader,
        _ strictness: Strictness
    ) throws(TensorFileError) -> String {
        let place = "key \(index)"
        let bytes = try Self.readName("length of \(place)", limit: GGUFLimit.keyBytes, place, &reader)
        let isASCII = bytes.allSatisfy { $0 < 0x80 }
        guard let key = String(validating: bytes, as: UTF8.self), isASCII || strictness == .lenient else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "\"\(String(decoding: bytes, as: UTF8.self))\" is not ASCII",
                remedy: "keys are ASCII; read leniently if the key is meant so"
            )
        }
        if !isASCII { warnings.append("key \"\(key)\" is not ASCII") }
        return key
    }

    /// Reads a key or a tensor's name: not empty, no control characters, at most `limit` bytes.
    private static func readName(
        _ field: @autoclosure () -> String,
        limit: Int,
        _ place: String,
        _ reader: inout GGUFHeaderReader
    ) throws(TensorFileError) -> [UInt8] {
        let length = try reader.readCount(minimumBytes: 1, field())
        guard (1...limit).contains(length) else {
            throw TensorFileError(
                length == 0 ? .malformed : .limit,
                place: place,
                cause: length == 0 ? "the name is empty" : "the name takes \(length) bytes; \(limit) are allowed",
                remedy: "give it another name where the file comes from"
            )
        }
        let start = reader.offset
        try reader.skip(length, field())
        let bytes = Array(reader.bytes[start..<reader.offset])
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw TensorFileError(
                .malformed,
                place: place,
                cause: "the name \"\(String(decoding: bytes, as: UTF8.self))\" has control characters",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        return bytes
    }

    private mutating func readAlignment(
        _ drafts: [(key: String, value: GGUFValueDraft)]
    ) throws(TensorFileError) {
        guard let draft = drafts.first(where: { $0.key == GGUFKey.alignment.name })?.value else { return }
        guard case .scalar(.uint32(let value)) = draft else {
            throw TensorFileError(
                .malformed,
                place: "key \(GGUFKey.alignment.name)",
                cause: "the value is not a uint32",
                remedy: "the file is damaged; convert the original model again"
            )
        }
        guard value != 0, value & (value - 1) == 0, value <= GGUFLimit.alignment else {
            throw TensorFileError(
                .malformed,
                place: "key \(GGUFKey.alignment.name)",
                cause: "\(value) is not a power of two up to \(GGUFLimit.alignment)",
                remedy: "the file is damaged; convert the original model again"
            )
        }
        alignment = Int(value)
    }

    private mutating func readTensorInfo(
        _ index: Int,
        _ reader: inout GGUFHeaderReader,
        _ strictness: Strictness
    ) throws(TensorFileError) -> TensorInfo {
        let limit = strictness == .strict ? GGUFLimit.nameBytes : GGUFLimit.keyBytes
        let bytes = try Self.readName("name length of tensor \(index)", limit: limit, "tensor \(index)", &reader)
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw TensorFileError(
                .malformed,
                place: "tensor \(index)",
                cause: "the name \"\(String(decoding: bytes, as: UTF8.self))\" is not UTF-8",
                remedy: "the file is damaged; fetch it again"
            )
        }
        if bytes.count >= GGUFLimit.nameBytes {
            warnings.append("tensor \"\(name)\": the name takes \(bytes.count) bytes; ggml reads up to 63")
        }
        let place = "tensor \"\(name)\""
        let dimensionCount = try reader.read(UInt32.self, "dimension count of \(place)")
        guard dimensionCount <= GGUFLimit.dimensions else {
            throw TensorFileError(
                .limit,
                place: place,
                cause: "\(dimensionCount) dimensions; \(GGUFLimit.dimensions) are allowed",
                remedy: "the file is damaged or hostile; fetch it again"
            )
        }
        var shape: [Int] = []
        for _ in 0..<dimensionCount { shape.append(try reader.readLength("dimension of \(place)")) }
        // The file has the innermost dimension first.
        shape.reverse()
        let type = try ElementType(ggmlID: reader.read(UInt32.self, "type of \(place)"), place: place)
        let offset = try reader.read(UInt64.self, "offset of \(place)")
        return TensorInfo(
            descriptor: try TensorDescriptor(name: name, type: type, shape: shape),
            offset: offset
        )
    }
}
