import TensorFile

/// A `.npy` file open for reading: one tensor.
public struct NumPyArrayFile: TensorSource {
    /// The header as it stands in the file.
    public let header: NumPyHeader
    /// The array, named after its file.
    public let tensor: TensorDescriptor
    /// The file's path.
    public let path: String
    /// What was accepted though it is odd.
    public let warnings: [String]
    private let payload: ArrayPayload
    private let file: InputFile

    /// `.npy`.
    public var format: ContainerFormat { .npy }
    /// The one array.
    public var tensors: [TensorDescriptor] { [tensor] }

    /// Opens the array at `path` and proves that its header is sound and its data all there; reads no data.
    ///
    /// The tensor is called `name`, or as the file is without its folder and ending.
    public init(_ path: String, name: String? = nil, options: NumPyOptions = NumPyOptions()) throws(TensorFileError) {
        let file = try InputFile(path)
        do throws(TensorFileError) {
            try NumPyHeader.checkMagic(file.bytes(at: 0, count: min(file.size, ForeignFormat.prefixLength)))
            let bytes = FileBytes(file)
            header = try NumPyHeader(available: file.size, options: options) { (count) throws(TensorFileError) in
                try bytes.read(count)
            }
            tensor = try header.descriptor(name: name ?? Self.name(ofFile: path))
            let held = file.size - header.byteCount
            guard tensor.byteCount <= held else {
                throw TensorFileError(
                    .truncated,
                    place: "byte \(header.byteCount), data",
                    cause: "shape \(tensor.shape) of \(tensor.type.name) takes \(tensor.byteCount) bytes, "
                        + "\(held) follow the header",
                    remedy: "the file is cut short; fetch it again"
                )
            }
            let surplus = held - tensor.byteCount
            if surplus > 0, options.strictness == .strict {
                throw TensorFileError(
                    .gap,
                    place: "byte \(header.byteCount + tensor.byteCount)",
                    cause: "\(surplus) bytes follow the array",
                    remedy: "save the array alone"
                )
            }
            warnings = surplus > 0 ? ["\(surplus) bytes after the array are ignored"] : []
        } catch { throw error.inFile(path) }
        self.path = path
        self.file = file
        let place = TensorLocation(file: file, offset: header.byteCount, byteCount: tensor.byteCount)
        payload = ArrayPayload(tensor: tensor, header: header, location: place, slabBytes: options.slabBytes)
    }

    /// Where the data stands, if it is little-endian, in C order, and not of booleans (whose bytes need a check).
    public func location(of tensor: TensorDescriptor) -> TensorLocation? {
        tensor == self.tensor && payload.isPlain ? payload.location : nil
    }

    /// Streams the array, little-endian and in C order.
    ///
    /// An array in Fortran order is gathered in slabs of 64 MiB, or of 4 KiB of each column where that is more.
    public func stream(
        _ tensor: TensorDescriptor,
        chunkBytes: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard tensor == self.tensor else { throw missing(tensor.name, in: path) }
        try payload.stream(from: FileBytes(file, at: header.byteCount), chunkBytes: chunkBytes, body)
    }

    private static func name(ofFile path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".npy") ? String(last.dropLast(4)) : last
    }
}

/// The error for a tensor that a source was asked for and does not hold.
func missing(_ name: String, in path: String) -> TensorFileError {
    TensorFileError(
        .missing,
        file: path,
        place: "tensor \"\(name)\"",
        cause: "it is not in the file",
        remedy: "choose one of the file's own tensors"
    )
}
