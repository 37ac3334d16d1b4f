import TensorFile

/// Writes one tensor as a `.npy` file, the same bytes that `numpy.save` writes.
public final class NumPyArrayWriter: TensorSink {
    /// The one tensor.
    public let order: [TensorDescriptor]
    private let tensor: TensorDescriptor
    private let output: OutputFile
    private var left: Int

    /// Starts the file at `path`; an existing one is an error unless it may be replaced.
    public init(
        _ path: String,
        tensor: TensorDescriptor,
        missingTypes: NumPyMissingTypes = .refuse,
        replacing: Bool = false
    ) throws(TensorFileError) {
        let header: [UInt8]
        do throws(TensorFileError) {
            header = try NumPyHeader.encoded(for: tensor, missingTypes: missingTypes)
        } catch { throw error.inFile(path) }
        self.tensor = tensor
        order = [tensor]
        left = tensor.byteCount
        output = try OutputFile(path, replacing: replacing)
        try output.append(header)
    }

    /// Appends bytes of the array.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count <= left else { throw surplus(of: bytes.count, after: left, tensor, in: output.path) }
        try output.append(bytes)
        left -= bytes.count
    }

    /// Checks that the array is complete and moves the file into place.
    public func finish() throws {
        guard left == 0 else { throw shortage(of: left, tensor, in: output.path) }
        try output.commit()
    }
}

/// The error for more bytes than a tensor has.
func surplus(of count: Int, after left: Int, _ tensor: TensorDescriptor, in path: String) -> TensorFileError {
    TensorFileError(
        .mismatch,
        file: path,
        place: "tensor \"\(tensor.name)\"",
        cause: "\(count) bytes come where \(left) are missing of \(tensor.byteCount)",
        remedy: "append exactly the declared bytes, tensor by tensor in the writer's order"
    )
}

/// The error for a tensor that is not complete at the end.
func shortage(of count: Int, _ tensor: TensorDescriptor, in path: String) -> TensorFileError {
    TensorFileError(
        .mismatch,
        file: path,
        place: "tensor \"\(tensor.name)\"",
        cause: "\(count) of its \(tensor.byteCount) bytes were never written",
        remedy: "append exactly the declared bytes, tensor by tensor in the writer's order"
    )
}
