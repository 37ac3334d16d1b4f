import TensorFile

/// Writes tensors as a `.npz` archive that `numpy.load` opens; the same input gives the same bytes.
///
/// Arrays stand in the order given, each in the member `NAME.npy`. Those of stored members begin on 64-byte boundaries of the
/// file, so that they can be mapped.
public final class NumPyArchiveWriter: TensorSink {
    /// The tensors in the order given.
    public let order: [TensorDescriptor]
    private let headers: [[UInt8]]
    private let output: OutputFile
    private let zip: ZipWriter
    /// The tensor whose bytes come next.
    private var current = -1
    private var left = 0

    /// Starts the archive at `path`; an existing one is an error unless it may be replaced.
    ///
    /// Refuses types that NumPy lacks (see `missingTypes`), names that stand twice, and names that no archive should hold.
    public init(
        _ path: String,
        tensors: [TensorDescriptor],
        compression: NumPyCompression = .stored,
        missingTypes: NumPyMissingTypes = .refuse,
        replacing: Bool = false
    ) throws(TensorFileError) {
        order = tensors
        do throws(TensorFileError) {
            try Self.checkNames(tensors)
            var headers: [[UInt8]] = []
            for tensor in tensors {
                headers.append(try NumPyHeader.encoded(for: tensor, missingTypes: missingTypes))
            }
            self.headers = headers
            output = try OutputFile(path, replacing: replacing)
            zip = try ZipWriter(output, compression: compression)
        } catch { throw error.inFile(path) }
        try beginNext()
    }

    /// Appends bytes of the current tensor.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        guard current < order.count else {
            throw TensorFileError(
                .mismatch,
                file: output.path,
                place: "end",
                cause: "\(bytes.count) bytes come after the last tensor",
                remedy: "append exactly the declared bytes, tensor by tensor in the writer's order"
            )
        }
        guard bytes.count <= left else { throw surplus(of: bytes.count, after: left, order[current], in: output.path) }
        try zip.append(bytes)
        left -= bytes.count
        if left == 0 { try beginNext() }
    }

    /// Checks that every tensor is complete, writes the directory and moves the archive into place.
    public func finish() throws {
        guard current == order.count else { throw shortage(of: left, order[current], in: output.path) }
        try zip.finish()
        try output.commit()
    }

    /// Ends the current member and begins the next, and those after it that are empty.
    private func beginNext() throws(TensorFileError) {
        repeat {
            if current >= 0 { try zip.end() }
            current += 1
            guard current < order.count else { return }
            let (tensor, header) = (order[current], headers[current])
            guard let size = tensor.byteCount.adding(exactly: header.count) else {
                throw TensorFileError(
                    .overflow,
                    file: output.path,
                    place: "tensor \"\(tensor.name)\"",
                    cause: "with its header it takes more than 2^63 bytes",
                    remedy: "split the tensor"
                )
            }
            try zip.begin(Array(tensor.name.utf8) + Array(".npy".utf8), size: size)
            var failure: TensorFileError?
            header.withUnsafeBytes { buffer in
                do throws(TensorFileError) { try zip.append(buffer) } catch { failure = error }
            }
            if let failure { throw failure }
            left = tensor.byteCount
        } while left == 0
    }

    private static func checkNames(_ tensors: [TensorDescriptor]) throws(TensorFileError) {
        var names: Set<TensorName> = []
        for tensor in tensors {
            let name = Array(tensor.name.utf8)
            let fault =
                name.count + 4 > ZipFormat.nameLimit
                ? "its name has \(name.count) bytes, the limit is \(ZipFormat.nameLimit - 4)"
                : ZipEntry.fault(inName: name)
            if let fault {
                throw TensorFileError(
                    .unsupported,
                    place: "tensor \"\(tensor.name)\"",
                    cause: fault,
                    remedy: "rename the tensor"
                )
            }
            guard names.insert(TensorName(tensor.name)).inserted else {
                throw TensorFileError(
                    .duplicate,
                    place: "tensor \"\(tensor.name)\"",
                    cause: "the name stands twice",
                    remedy: "give every tensor a name of its own"
                )
            }
        }
    }
}
