import TensorFile

/// Reads a header field by field and checks each by itself; how the tensors lie in the file is for `GGUFLayout`.
struct GGUFHeaderParser: ~Copyable {
    private var reader: GGUFHeaderReader
    private let strictness: Strictness
    private(set) var version = 0
    private(set) var metadata = GGUFMetadata()
    private(set) var alignment = GGUFHeader.defaultAlignment
    private(set) var tensors: [TensorDescriptor] = []
    /// Which tensor has a name.
    private(set) var indices: [TensorName: Int] = [:]
    /// Where the file says that the tensors begin, from the start of the data on.
    private(set) var statedOffsets: [UInt64] = []
    private(set) var findings: [StructureFinding] = []

    /// Byte order of the file.
    var order: ByteOrder { reader.order }
    /// Offset of the first byte behind the tensor infos.
    var end: Int { reader.offset }

    /// Reads the header that stands before `reader`.
    init(_ reader: consuming GGUFHeaderReader, _ strictness: Strictness) throws(TensorFileError) {
        self.reader = reader
        self.strictness = strictness
        try checkMagic()
        try readVersion()
        do throws(TensorFileError) {
            try readBody()
        } catch {
            guard order == .big else { throw error }
            // The byte order is guessed from the version: where the guess was wrong, nonsense follows.
            var remark = error
            remark.cause += " (numbers read as big-endian, as the version field suggests)"
            throw remark
        }
    }

    private mutating func checkMagic() throws(TensorFileError) {
        let prefix = try reader.prefix(ForeignFormat.prefixLength)
        guard prefix.starts(with: GGUFHeader.magic) || GGUFHeader.magic.starts(with: prefix) else {
            if let foreign = ForeignFormat.recognise(prefix: prefix) { throw foreign.error(insteadOf: "GGUF") }
            throw TensorFileError(
                .foreign,
                place: "byte 0, magic",
                cause: "the first bytes are \(Array(prefix.prefix(4))), not \"GGUF\"",
                remedy: "check that this is the file that was meant"
            )
        }
        try reader.skip(GGUFHeader.magic.count, "magic")
    }

    private mutating func readVersion() throws(TensorFileError) {
        var number = try reader.read(UInt32.self, "version")
        // No field states the byte order. Versions are small numbers, so that zero low bits mean the other order.
        if number != 0, number & 0xFFFF == 0 {
            reader.order = .big
            number = number.byteSwapped
        }
        guard GGUFHeader.versions.contains(Int(number)) else {
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

    private mutating func readBody() throws(TensorFileError) {
        let width = reader.hasNarrowCounts ? 4 : 8
        // A tensor: name length, one byte of name, dimension count, type, offset. An entry: key length, key, type, value.
        let tensorCount = try reader.readCount(minimumBytes: width + 1 + 4 + 4 + 8, "tensor count")
        let keyCount = try reader.readCount(minimumBytes: width + 1 + 4 + 1, "key count")
        try Self.check(tensorCount, against: GGUFLimit.tensors, "tensor count")
        try Self.check(keyCount, against: GGUFLimit.keys, "key count")

        var drafts: [(key: String, value: GGUFValueDraft)] = []
        var keys = Set<TensorName>()
        drafts.reserveCapacity(keyCount)
        for index in 0..<keyCount {
            let key = try readKey(index)
            guard keys.insert(TensorName(key)).inserted else {
                throw TensorFileError(
                    .duplicate,
                    place: "key \(index)",
                    cause: "\"\(key)\" stands twice",
                    remedy: "the file is damaged; convert the original model again"
                )
            }
            drafts.append((key, try GGUFValueDraft(reading: key, &reader, strictness, &findings)))
        }
        try readAlignment(drafts)

        // The count is proved to fit in the file and to stay under the limit.
        tensors.reserveCapacity(tensorCount)
        indices.reserveCapacity(tensorCount)
        for index in 0..<tensorCount {
            let tensor = try readTensor(index)
            guard indices.updateValue(index, forKey: TensorName(tensor.name)) == nil else {
                throw TensorFileError(
                    .duplicate,
                    place: "tensor \(index)",
                    cause: "the name \"\(tensor.name)\" stands twice",
                    remedy: "the file is damaged; convert the original model again"
                )
            }
            tensors.append(tensor)
        }
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

    private mutating func readKey(_ index: Int) throws(TensorFileError) -> String {
        let bytes = try readName("key \(index)", limit: GGUFLimit.keyBytes)
        let isASCII = bytes.allSatisfy { $0 < 0x80 }
        guard let key = String(validating: bytes, as: UTF8.self), isASCII || strictness == .lenient else {
            throw TensorFileError(
                .malformed,
                place: "key \(index)",
                cause: "\"\(String(decoding: bytes, as: UTF8.self))\" is not ASCII",
                remedy: "keys are ASCII; read leniently if the key is meant so"
            )
        }
        if !isASCII { findings.append(StructureFinding(.warning, place: "key \"\(key)\"", "the key is not ASCII")) }
        return key
    }

    /// Reads a key or a tensor's name: not empty, no control characters, at most `limit` bytes.
    private mutating func readName(
        _ place: @autoclosure () -> String,
        limit: Int
    ) throws(TensorFileError) -> ArraySlice<UInt8> {
        let length = try reader.readCount(minimumBytes: 1, "name length of \(place())")
        guard (1...limit).contains(length) else {
            throw TensorFileError(
                length == 0 ? .malformed : .limit,
                place: place(),
                cause: length == 0 ? "the name is empty" : "the name takes \(length) bytes; \(limit) are allowed",
                remedy: "give it another name where the file comes from"
            )
        }
        let start = reader.offset
        try reader.skip(length, place())
        let bytes = reader.bytes[start..<reader.offset]
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw TensorFileError(
                .malformed,
                place: place(),
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

    private mutating func readTensor(_ index: Int) throws(TensorFileError) -> TensorDescriptor {
        let limit = strictness == .strict ? GGUFLimit.nameBytes : GGUFLimit.keyBytes
        let bytes = try readName("tensor \(index)", limit: limit)
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw TensorFileError(
                .malformed,
                place: "tensor \(index)",
                cause: "the name \"\(String(decoding: bytes, as: UTF8.self))\" is not UTF-8",
                remedy: "the file is damaged; fetch it again"
            )
        }
        var place: String { "tensor \"\(name)\"" }
        if bytes.count >= GGUFLimit.nameBytes {
            let text = "the name takes \(bytes.count) bytes; ggml reads up to \(GGUFLimit.nameBytes - 1)"
            findings.append(StructureFinding(.warning, place: place, text))
        }
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
        shape.reserveCapacity(Int(dimensionCount))
        for _ in 0..<dimensionCount { shape.append(try reader.readLength("dimension of \(place)")) }
        // The file has the innermost dimension first.
        shape.reverse()
        let type = try ElementType(ggmlID: reader.read(UInt32.self, "type of \(place)"), place: place)
        statedOffsets.append(try reader.read(UInt64.self, "offset of \(place)"))
        return try TensorDescriptor(name: name, type: type, shape: shape)
    }
}
