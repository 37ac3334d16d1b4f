import TensorFile

/// A GGUF file open for reading: versions 1 to 3, little- and big-endian.
///
/// Opening reads and proves the header; strings and arrays of the metadata are decoded when they are asked for, and tensors
/// are read from the disk when they are streamed. A file of a split is read too; `GGUFModel` puts the files together.
public struct GGUFFile: GGUFMetadataSource {
    /// The proved header.
    public let header: GGUFHeader
    let file: InputFile

    /// Opens the file at `path` and checks its header and the places of all tensors.
    public init(_ path: String, strictness: Strictness = .strict) throws(TensorFileError) {
        file = try InputFile(path)
        do throws(TensorFileError) {
            header = try GGUFHeader(reading: file, strictness)
        } catch {
            throw error.inFile(path)
        }
    }

    /// GGUF.
    public var format: ContainerFormat { .gguf }
    /// The path as the caller gave it.
    public var path: String { file.path }
    /// The tensors in the header's order.
    public var tensors: [TensorDescriptor] { header.tensors }
    /// The metadata in the file's order, unknown keys included.
    public var metadata: GGUFMetadata { header.metadata }
    /// What was accepted although it breaks the format or could hide data.
    public var warnings: [String] { header.findings.filter { $0.severity == .warning }.map(\.description) }

    /// The tensor called `name`, in constant time.
    public func tensor(named name: String) -> TensorDescriptor? { header.index(named: name).map { tensors[$0] } }

    /// Where `tensor` stands; nil in big-endian files, whose numbers must be turned round, and for tensors of other files.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        header.order == .little ? place(of: tensor) : nil
    }

    /// Reads `tensor` from first to last, little-endian, in chunks of whole blocks and at most `chunkBytes`.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let place = place(of: tensor) else {
            throw TensorFileError(
                .missing,
                file: path,
                place: "tensor \"\(tensor.name)\"",
                cause: "the file has no such tensor",
                remedy: "take the tensors from this file's own list"
            )
        }
        guard header.order == .big else {
            return try streamLocated(tensor, at: place, chunkBytes: chunkBytes, body)
        }
        let swap: BlockByteSwap
        do throws(TensorFileError) {
            swap = try BlockByteSwap(tensor.type, place: "tensor \"\(tensor.name)\"")
        } catch {
            throw error.inFile(path)
        }
        var turned: [UInt8] = []
        try streamLocated(tensor, at: place, chunkBytes: chunkBytes) { chunk in
            turned.removeAll(keepingCapacity: true)
            turned.append(contentsOf: chunk)
            swap.apply(to: &turned)
            try turned.withUnsafeBytes(body)
        }
    }

    private func place(of tensor: TensorDescriptor) -> TensorLocation? {
        guard let index = header.index(named: tensor.name), tensors[index] == tensor else { return nil }
        return TensorLocation(file: file, offset: header.offsets[index], byteCount: tensor.byteCount)
    }
}
