import TensorFile

/// A safetensors file open for reading.
///
/// Opening reads and proves the header only. Tensors are read by `pread`, so a file that is cut short meanwhile gives an
/// error and no signal.
public struct SafetensorsFile: TensorSource {
    /// The proved header.
    public let header: SafetensorsHeader
    let file: InputFile

    /// Opens the file at `path`: two reads, 8 bytes to learn the header's length and then the header.
    public init(_ path: String, strictness: Strictness = .strict) throws(TensorFileError) {
        file = try InputFile(path)
        do throws(TensorFileError) {
            header = try SafetensorsFile.readHeader(of: file, strictness)
        } catch {
            throw error.inFile(path)
        }
    }

    private static func readHeader(
        of file: InputFile,
        _ strictness: Strictness
    ) throws(TensorFileError) -> SafetensorsHeader {
        let prefix = try file.bytes(at: 0, count: min(file.size, ForeignFormat.prefixLength))
        let length = try SafetensorsHeader.headerLength(prefix: prefix, fileSize: file.size)
        let text = try file.bytes(at: 8, count: length)
        var header = try SafetensorsHeader(
            text: text.span,
            dataSize: file.size - 8 - length,
            strictness: strictness
        )
        let end = header.dataOffset + header.dataByteCount
        let tail = try file.bytes(at: end, count: min(file.size - end, ForeignFormat.prefixLength))
        try header.checkCoverage(fileSize: file.size, tail: tail, strictness: strictness)
        return header
    }

    /// safetensors.
    public var format: ContainerFormat { .safetensors }
    /// The path as the caller gave it.
    public var path: String { file.path }
    /// The tensors in the order of their bytes.
    public var tensors: [TensorDescriptor] { header.tensors }
    /// The metadata map in file order.
    public var metadata: [(key: String, value: String)] { header.metadata }
    /// What was accepted although it breaks the format.
    public var warnings: [String] {
        header.findings.filter { $0.severity == .warning }.map(\.description)
    }

    /// The tensor called `name`, in constant time.
    public func tensor(named name: String) -> TensorDescriptor? { header.entry(named: name)?.tensor }

    /// Where `tensor` stands in the file; nil for a tensor of another file.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        guard let entry = header.entry(named: tensor.name), entry.tensor == tensor else { return nil }
        return TensorLocation(file: file, offset: entry.offset, byteCount: tensor.byteCount)
    }

    /// Reads `tensor` from first to last in chunks of whole blocks of its type and at most `chunkBytes`.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let location = location(of: tensor) else { throw missing(tensor) }
        try streamLocated(tensor, at: location, chunkBytes: chunkBytes, body)
    }

    /// All bytes of `tensor`, for tensors that are known to be small.
    public func bytes(of tensor: TensorDescriptor) throws(TensorFileError) -> [UInt8] {
        guard let location = location(of: tensor) else { throw missing(tensor) }
        return try file.bytes(at: location.offset, count: location.byteCount)
    }

    private func missing(_ tensor: TensorDescriptor) -> TensorFileError {
        TensorFileError(
            .missing,
            file: path,
            place: "tensor \"\(tensor.name)\"",
            cause: "the file has no such tensor",
            remedy: "list its tensors with seeconv inspect"
        )
    }
}
