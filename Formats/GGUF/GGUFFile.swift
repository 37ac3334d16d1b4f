import TensorFile

/// A GGUF file open for reading: versions 1 to 3, little- and big-endian.
///
/// Opening reads and proves the header; strings and arrays of the metadata are decoded when they are asked for, and tensors
/// are read from the disk when they are streamed. A file of a split is read too; `GGUFModel` puts the files together.
public struct GGUFFile: TensorSource {
    /// The tensors in the order of the header.
    public let tensors: [TensorDescriptor]
    /// Oddities that were let through.
    public let warnings: [String]
    /// The metadata in the file's order, unknown keys included.
    public let metadata: GGUFMetadata
    /// The version of the format, 1 to 3.
    public let version: Int
    /// The byte order of the file; what is read from it is little-endian in any case.
    public let order: ByteOrder
    /// What the offsets of tensors are multiples of.
    public let alignment: Int
    /// Offset of the first byte behind the tensor infos.
    public let headerEnd: Int
    let file: InputFile
    let layout: GGUFLayout
    private let places: [[UInt8]: Int]

    /// GGUF.
    public var format: ContainerFormat { .gguf }
    /// The path of the file.
    public var path: String { file.path }

    /// Opens the file at `path` and checks its header and the places of all tensors.
    public init(_ path: String, _ strictness: Strictness = .strict) throws(TensorFileError) {
        do throws(TensorFileError) {
            let file = try InputFile(path)
            let header = try GGUFHeader(reading: file, strictness)
            layout = try GGUFLayout(header, size: file.size, strictness)
            self.file = file
            tensors = header.tensors.map(\.descriptor)
            metadata = header.metadata
            version = header.version
            order = header.order
            alignment = header.alignment
            headerEnd = header.end
            warnings = header.warnings + layout.warnings
            places = Dictionary(
                zip(tensors.map { Array($0.name.utf8) }, tensors.indices),
                uniquingKeysWith: { first, _ in first }
            )
        } catch {
            throw error.inFile(path)
        }
    }

    /// The value of the metadata's `key`.
    public subscript(key: String) -> GGUFValue? { metadata[key] }

    /// The value of a key that does not depend on the architecture.
    public subscript(key: GGUFKey) -> GGUFValue? { metadata[key] }

    /// The tensor called `name`.
    public func tensor(named name: String) -> TensorDescriptor? {
        places[Array(name.utf8)].map { tensors[$0] }
    }

    /// Where `tensor` stands; nil in big-endian files, whose numbers must be turned round, and for tensors of other files.
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        order == .little ? place(of: tensor) : nil
    }

    /// Reads `tensor`'s bytes, little-endian, and hands them over in chunks of whole blocks.
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
        if order == .little {
            try streamLocated(tensor, at: place, chunkBytes: chunkBytes, body)
            return
        }
        let swap = try BlockByteSwap(tensor.type, place: "tensor \"\(tensor.name)\"")
        var turned: [UInt8] = []
        try streamLocated(tensor, at: place, chunkBytes: chunkBytes) { chunk in
            turned.removeAll(keepingCapacity: true)
            turned.append(contentsOf: chunk)
            swap.apply(to: &turned)
            try turned.withUnsafeBytes(body)
        }
    }

    private func place(of tensor: TensorDescriptor) -> TensorLocation? {
        guard let index = places[Array(tensor.name.utf8)], tensors[index] == tensor else { return nil }
        return TensorLocation(file: file, offset: layout.offsets[index], byteCount: tensor.byteCount)
    }
}
