import TensorFile

/// What stands before a file's tensor data, read and proved: no length, offset or name in it needs another check.
public struct GGUFHeader: Sendable {
    /// The version of the format, 1 to 3.
    public let version: Int
    /// The byte order of the file.
    public let order: ByteOrder
    /// The metadata in the file's order, unknown keys included.
    public let metadata: GGUFMetadata
    /// What the offsets of tensors are multiples of.
    public let alignment: Int
    /// The tensors in the header's order.
    public let tensors: [TensorDescriptor]
    /// Offsets of the tensors from the start of the file; aligned, inside the file, without overlap.
    public let offsets: [Int]
    /// Offset of the first byte behind the tensor infos.
    public let end: Int
    /// Offset of the first byte of the data; beyond the end of a file that has no data and no padding.
    public let dataOffset: Int
    /// Offset of the first byte behind the tensor that reaches furthest, its padding not counted.
    public let dataEnd: Int
    /// Ranges before `dataEnd` that belong to no tensor and are no padding; empty after strict reading.
    public let gaps: [Range<Int>]
    /// What was let through and worth knowing.
    public let findings: [StructureFinding]
    private let indices: [TensorName: Int]

    /// The alignment of files that state none.
    static let defaultAlignment = 32
    /// The first bytes of every file.
    static let magic = Array("GGUF".utf8)
    /// Versions that are read; the last one is written.
    static let versions = 1...3

    /// Reads the header at the front of `bytes`, the whole of a file or a front part of one that takes `fileSize` bytes.
    public init(
        parsing bytes: [UInt8],
        fileSize: Int? = nil,
        strictness: Strictness = .strict
    ) throws(TensorFileError) {
        let size = max(bytes.count, fileSize ?? 0)
        try self.init(GGUFHeaderReader(bytes, fileSize: size), fileSize: size, strictness)
    }

    init(reading file: InputFile, _ strictness: Strictness) throws(TensorFileError) {
        try self.init(GGUFHeaderReader(file), fileSize: file.size, strictness)
    }

    private init(
        _ reader: consuming GGUFHeaderReader,
        fileSize: Int,
        _ strictness: Strictness
    ) throws(TensorFileError) {
        let parser = try GGUFHeaderParser(reader, strictness)
        let layout = try GGUFLayout(parser, fileSize: fileSize, strictness)
        version = parser.version
        order = parser.order
        metadata = parser.metadata
        alignment = parser.alignment
        tensors = parser.tensors
        end = parser.end
        offsets = layout.offsets
        dataOffset = layout.dataOffset
        dataEnd = layout.dataEnd
        gaps = layout.gaps
        findings = parser.findings + layout.findings
        indices = parser.indices
    }

    /// The index of the tensor called `name`, in constant time.
    func index(named name: String) -> Int? { indices[TensorName(name)] }
}
